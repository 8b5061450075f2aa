"""The words in a file, by where they stand; and which of them count."""

from __future__ import annotations

from dataclasses import dataclass

from imagesearch.records import Words
from imagesearch.words import MAX_CAPTION, MAX_TAG, MAX_TAGS


@dataclass(frozen=True, slots=True)
class Texts:
    """What one source (XMP, IPTC or EXIF) says; empty where it says nothing."""

    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()

    def over(self, other: Texts) -> Texts:
        """These where they say something, the other's elsewhere, field by field."""
        return Texts(
            title=self.title or other.title,
            description=self.description or other.description,
            keywords=self.keywords or other.keywords,
        )


def words_of(texts: Texts) -> Words:
    """A title and a description make one caption; a keyword counts once."""
    title, description = texts.title, texts.description
    if not title or title.casefold() in description.casefold():
        caption = description
    elif not description or description.casefold() in title.casefold():
        caption = title
    else:
        caption = f"{title}: {description}"
    keywords = (keyword.strip()[:MAX_TAG] for keyword in texts.keywords)
    tags = tuple(dict.fromkeys(keyword for keyword in keywords if keyword))[:MAX_TAGS]
    return Words(caption=caption[:MAX_CAPTION] or None, tags=tags or None)
