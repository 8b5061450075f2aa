"""The embedded index's tables."""

from __future__ import annotations

from imagesearch.records import TextField

SCHEMA_VERSION = 4
FOLDING = ("unicode61", ["remove_diacritics", "2"])
STEMMING = ("porter", [FOLDING[0], *FOLDING[1]])
"""Tokenizers of FTS5: of words as they are spelled, and of those that are searched."""
FIELDS: tuple[TextField, ...] = ("caption", "tags", "attributes", "name")
"""Columns of `words`, in their order there."""

_RECORDS = """
create table records (
    rowid integer primary key,
    id text not null unique,
    bucket text not null,
    key text not null,
    version integer not null default 0,     -- of the whole record: counts its writes
    live integer not null default 0,        -- may be shown
    hidden integer not null default 0,      -- deleted by a person just now
    word_count integer,                     -- in all columns of `words`; null where it is not there
    image_sequencer text,
    image_state text,
    image_written integer,                  -- microseconds since the epoch, as all times here
    sidecar_sequencer text,
    sidecar_state text,
    sidecar_written integer,
    -- What is filtered and counted of the image part.
    uploaded integer,
    taken integer,
    dated integer generated always as (coalesce(taken, uploaded)) virtual,
    year text,                              -- of `taken`, in UTC
    format text,
    width integer,
    height integer,
    orientation text,
    camera text,
    camera_folded text,                     -- in lower case
    latitude real,
    longitude real,
    sha256 text
);
create index records_uploaded on records (uploaded, id) where live;
create index records_dated on records (dated, id) where live;
create index records_place on records (latitude, longitude) where live and latitude is not null;
create index records_sha256 on records (sha256) where sha256 is not null;
create index records_state on records (image_state);
create index records_rejected on records (key) where image_state = 'rejected' and not hidden;

-- Both parts in full, as JSON. Apart, since what is filtered and counted reads many records, and these are long.
create table parts (record integer primary key, image text, sidecar text);
create trigger records_forgotten after delete on records begin delete from parts where record = old.rowid; end;

create table vectors (
    record integer not null,
    name text not null,
    position integer not null,
    box blob,                               -- 4 float32, or null for the whole picture
    vector blob not null,                   -- D float32
    primary key (record, name, position)
) without rowid;
"""

_WORDS = f"""
-- The words in force, of live records only.
create virtual table words using fts5 ({", ".join(FIELDS)}, tokenize = '{STEMMING[0]} {" ".join(STEMMING[1])}');

create table tags (record integer not null, tag text not null, primary key (record, tag)) without rowid;
create index tags_tag on tags (tag, record);

create table attributes (
    record integer not null,
    name text not null,
    shown text not null,                    -- as facets show it, and as texts are filtered
    number real,                            -- where it is one, to be filtered by its size
    truth integer,
    primary key (record, name)
) without rowid;
create index attributes_number on attributes (name, number, record) where number is not null;
create index attributes_shown on attributes (name, shown, record);

-- For suggestions. Words of caption and tags as they are spelled, folded but not stemmed; and each tag's
-- words from its first on, from its second on, and so forth.
create table spellings (record integer not null, word text not null, primary key (record, word)) without rowid;
create index spellings_word on spellings (word, record);
create table tag_tails (tail text not null, tag text not null, primary key (tail, tag)) without rowid;
create index tag_tails_tag on tag_tails (tag);
"""

TABLES = f"""
{_RECORDS}
{_WORDS}
create table meta (name text primary key, value text not null) without rowid;
insert into meta values ('schema', '{SCHEMA_VERSION}');
"""
