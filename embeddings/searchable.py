"""The passages of an index found: by their vectors, by their words, by phrases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from embeddings.contents import Contents, as_json
from embeddings.database import Database, Settings
from embeddings.nearest import Nearest
from embeddings.runtime import Floats
from embeddings.terms import holds, match_expression, phrase_expression, rarity

_CONTEXT = 2
"""What a word of the context weighs in BM25 beside one of the text; measured, as are the pairs."""


class Searchable(Contents):
    """What can be searched for in an index."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, settings)
        self.vectors = Nearest(database, settings.dimension)

    def nearest(
        self, vector: Floats, k: int, among: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The ids of the `k` passages nearest to the unit `vector`, with their cosines, best first.

        Equal cosines come in the order of the ids. `among`: of these passages alone.
        """
        with self.vectors.level() as index:
            return index.nearest(vector, k, among)

    def warm(self) -> None:
        """Loads the vectors now rather than at the first search, and keeps their file level."""
        self.vectors.keep()

    def similarities(self, vector: Floats, ids: Sequence[int]) -> list[float]:
        """The cosine of each of these passages with the unit `vector`; 0 for one that is gone."""
        rows = self._rows(
            "SELECT id, vector FROM passages WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
        found = {i: float(np.frombuffer(v, "<f2").astype(np.float32) @ vector) for i, v in rows}
        return [found.get(i, 0.0) for i in ids]

    def matching(
        self,
        question: str,
        k: int,
        *,
        also: Sequence[int] = (),
        among: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The ids of the `k` passages that match the question's words best, by BM25, best first.

        Any of `also` that match are there too, beyond the `k`. Higher is better, above 0; a
        question of stop words alone matches nothing. `among`: of these passages alone, though a
        word counts by how rare it is in all.
        """
        expression = match_expression(question)
        if not expression:
            return []
        only = "" if among is None else "AND +rowid IN (SELECT value FROM json_each(?))"
        allowed = [] if among is None else [as_json(among)]
        rows = self._rows(
            f"SELECT rowid, -bm25(terms, {_CONTEXT}, 1) AS score FROM terms"
            f" WHERE terms MATCH ? {only}"
            " ORDER BY rowid IN (SELECT value FROM json_each(?)) DESC, score DESC, rowid LIMIT ?",
            [expression, *allowed, as_json(also), k + len(also)],
        )
        return sorted(((int(i), float(s)) for i, s in rows), key=lambda pair: (-pair[1], pair[0]))

    def matching_as_among(
        self,
        weights: Mapping[str, float],
        k: int,
        *,
        also: Sequence[int] = (),
        among: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """As `matching`, but each term (`terms.match_terms`) has the given weight.

        So passages of a small store score as they would among those of another, where a word has
        another rarity. Takes a search for each term.
        """
        only = "" if among is None else "AND +rowid IN (SELECT value FROM json_each(?))"
        allowed = [] if among is None else [as_json(among)]
        sql = (
            f"SELECT rowid, -bm25(terms, {_CONTEXT}, 1) FROM terms WHERE terms MATCH ? {only}"
            " ORDER BY rowid"
        )
        passages, scores = len(self), Counter[int]()
        for (term, weight), count in zip(weights.items(), self.term_counts(weights), strict=True):
            own = rarity(passages, count)
            for i, score in self._rows(sql, [term, *allowed]):
                scores[int(i)] += weight * score / own
        kept = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        wanted = {int(i) for i in also}
        return [pair for rank, pair in enumerate(kept) if rank < k or pair[0] in wanted]

    def term_counts(self, terms: Iterable[str]) -> list[int]:
        """How many passages match each of the terms (`terms.match_terms`)."""
        sql = "SELECT count(*) FROM terms WHERE terms MATCH ?"
        return [int(self._rows(sql, (term,))[0][0]) for term in terms]

    def holding(self, phrases: Sequence[str]) -> list[int]:
        """The ids of the passages whose text holds each of the phrases exactly, see `terms.holds`.

        At least one phrase, each with a letter or digit in it.
        """
        rows = self._rows(
            "SELECT rowid FROM terms WHERE terms MATCH ? ORDER BY rowid",
            (phrase_expression(phrases),),
        )
        passages = self.passages([row[0] for row in rows])
        return [p.id for p in passages if all(holds(p.text, phrase) for phrase in phrases)]

    def passage_ids(self, documents: Iterable[str]) -> list[int]:
        """The ids of these documents' passages, in order."""
        rows = self._rows(
            "SELECT passages.id FROM passages JOIN documents ON number = document"
            " WHERE documents.id IN (SELECT value FROM json_each(?)) ORDER BY passages.id",
            (json.dumps(sorted(documents)),),
        )
        return [int(row[0]) for row in rows]

    def first_passages(self, documents: Iterable[str]) -> list[int]:
        """The id of the first passage of each of these documents, in order."""
        rows = self._rows(
            "SELECT min(passages.id) FROM passages JOIN documents ON number = document"
            " WHERE documents.id IN (SELECT value FROM json_each(?)) GROUP BY number ORDER BY 1",
            (json.dumps(sorted(documents)),),
        )
        return [int(row[0]) for row in rows]
