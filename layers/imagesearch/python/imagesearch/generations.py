"""Whether a new generation knows what the old one knows, before searches are moved to it."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from imagesearch.batches import batches
from imagesearch.ports import ImageIndex
from imagesearch.ranking import text_scores
from imagesearch.records import ImagePart, Record
from imagesearch.retrieval import Filters, Matches, TextLeg, TextMatches, VectorLeg, VectorMatches
from imagesearch.spelling import words_of

SEARCHES = 30
"""Of each kind."""
SHOWN = 10
"""Examples of each kind of difference."""
SAME_SCORE = 1e-5
"""What scores of text may differ by."""
SAME_COSINE = 1e-3
"""What cosines to equal vectors may differ by: those of a quantised index do."""
_CHUNK = 500
_DEPTH = 200
_TOP = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of thing that both generations must agree in."""

    name: str
    checked: int
    differing: int
    examples: tuple[str, ...]
    """Some of what differs: ids of images, or words."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How two generations compare."""

    states: Mapping[str, tuple[int, int]]
    """By state of images, how many the old and the new one have. Tombstones, uploads that have yet to arrive, and what
    a person has just deleted are known to the one that was told, and need not agree."""
    checks: tuple[Check, ...]
    complete: bool
    """Whether time was enough to compare every image. Of some indexes (OpenSearch's) the part that was compared is the
    first by id, which is a hash: as good as drawn by lot."""

    @property
    def agrees(self) -> bool:
        """Whether nothing that was compared differs."""
        return not any(check.differing for check in self.checks)


def verify(
    old: ImageIndex,
    new: ImageIndex,
    *,
    searches: int = SEARCHES,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
    deadline: float | None = None,
) -> Verification:
    """Compare every image's state, content and words, and sampled searches by words and by picture.

    `progress` is told how many images are compared, again and again. While events go on, what only one of them has
    heard of yet differs; verify again then. At the `deadline` (as `time.monotonic` counts) images are compared no more;
    the searches come after it.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    sample, images, words, complete = _compared(old, new, searches, chance, progress, deadline=deadline)
    texts = list(dict.fromkeys(_text(record, chance) for record in sample))
    states = [dict(index.status().states) for index in (old, new)]
    return Verification(
        states={
            state: (states[0].get(state, 0), states[1].get(state, 0)) for state in sorted({*states[0], *states[1]})
        },
        checks=(
            images,
            words,
            _check("searches by words", texts, lambda text: _same_words_search(text, old, new)),
            _searches_by_picture([record.image_id for record in sample if record.live], new),
        ),
        complete=complete,
    )


def _compared(
    old: ImageIndex,
    new: ImageIndex,
    size: int,
    chance: random.Random,
    progress: Callable[[int], None],
    *,
    deadline: float | None,
) -> tuple[list[Record], Check, Check, bool]:
    """A sample of the old one's images, how all of both compare, and whether it was all."""
    now = time.monotonic()
    end = math.inf if deadline is None else deadline
    complete = True
    sample: list[Record] = []
    compared = 0
    other_images: list[str] = []
    other_words: list[str] = []
    for records in batches(filter(_is_there, old.listing()), _CHUNK):
        known = new.read([record.image_id for record in records])
        for record in records:
            compared += 1
            # Each image so far is in the sample by the same chance (Vitter 1985, Random sampling with a reservoir).
            if len(sample) < size:
                sample.append(record)
            elif (place := chance.randrange(compared)) < size:
                sample[place] = record
            twin = known.get(record.image_id)
            if _content(record) != _content(twin):
                other_images.append(record.image_id)
            elif twin and record.words != twin.words:
                other_words.append(record.image_id)
        progress(compared)
        if time.monotonic() >= now + (end - now) / 2:  # the other half is for the other direction
            complete = False
            break
    found = compared
    for records in batches(filter(_is_there, new.listing()), _CHUNK):
        known = old.read([record.image_id for record in records])
        more = [record.image_id for record in records if _content(known.get(record.image_id)) is None]
        compared += len(more)
        other_images += more
        progress(compared)
        if time.monotonic() >= end:
            complete = False
            break
    return (
        sample,
        Check("images", compared, len(other_images), tuple(other_images[:SHOWN])),
        Check("words", found, len(other_words), tuple(other_words[:SHOWN])),
        complete,
    )


def _is_there(record: Record) -> bool:
    return _content(record) is not None


def _content(record: Record | None) -> tuple[str, str | None] | None:
    """What both must agree in of an image that was read; None of one that was not, or is gone."""
    image: ImagePart | None = record.existing_image if record else None
    return (image.state, image.sha256) if image and image.state != "pending" else None


def _text(record: Record, chance: random.Random) -> str:
    """Something that people might search it by: a tag, or two words of its caption; its name where it has none."""
    said = [*(record.words.tags or ()), " ".join(words_of(record.words.caption or "")[:2])]
    return chance.choice([text for text in said if text] or [record.ref.key])


def _check(name: str, items: Sequence[str], agrees: Callable[[str], bool]) -> Check:
    differing = [item for item in items if not agrees(item)]
    return Check(name, len(items), len(differing), tuple(differing[:SHOWN]))


def _same_words_search(text: str, old: ImageIndex, new: ImageIndex) -> bool:
    """Whether both find as many, and score the best of either alike."""
    leg, everything = TextLeg(text), Filters()
    if old.count(everything, text, (), 1).total != new.count(everything, text, (), 1).total:
        return False
    (ours,), (theirs,) = (index.retrieve([leg], everything, _DEPTH) for index in (old, new))
    best = sorted({match.image_id for matches in (ours, theirs) for match in matches.matches})
    if not best:
        return True
    scores, others = (_scores(index.score([leg], best)) for index in (old, new))
    return scores.keys() == others.keys() and all(abs(scores[name] - others[name]) <= SAME_SCORE for name in scores)


def _scores(found: Sequence[Matches]) -> dict[str, float]:
    (matches,) = found
    return text_scores(matches) if isinstance(matches, TextMatches) else {}


def _searches_by_picture(image_ids: Sequence[str], new: ImageIndex) -> Check:
    """Whether images are found first by their own descriptors."""
    records = new.read(image_ids, descriptors=True)
    legs = [
        (record.image_id, VectorLeg(name, descriptor.vectors[0]))
        for record in records.values()
        if record.image
        for name, descriptor in record.image.descriptors.items()
        if len(descriptor.vectors)
    ]
    found = new.retrieve([leg for _, leg in legs], Filters(), _TOP) if legs else []
    missed = {image_id for (image_id, _), matches in zip(legs, found, strict=True) if not _is_first(image_id, matches)}
    missed |= set(image_ids) - {image_id for image_id, _ in legs}
    return Check("searches by picture", len(image_ids), len(missed), tuple(sorted(missed)[:SHOWN]))


def _is_first(image_id: str, found: Matches) -> bool:
    """By its own vector; behind equals at the most, of which there may be more than were asked for."""
    matches = found.matches if isinstance(found, VectorMatches) else ()
    equals = [match.image_id for match in matches if match.cosine >= 1 - SAME_COSINE]
    return image_id in equals or len(equals) == _TOP
