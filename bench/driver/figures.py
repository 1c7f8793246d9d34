"""The figures to reach, and what a run reached of them."""

import statistics

MUST = {"Q1": 6, "Q2": 3.5, "Q3": 3.5, "Q4": 6, "M1": 2}
MOONSHOT = {"Q1": 10, "Q2": 7, "Q3": 9, "Q4": 12, "M1": 4}
SHARE = {"Q1": 0.5, "Q2": 0.6, "Q3": 0.5, "M1": 0.5}
MEMORY_MB = 96
FLAT = 0.9
WALLS = 0.15


class Figures:
    """The medians of a run and the ratios between them."""

    def __init__(self, lines):
        self.lines = lines
        self.points = {}
        for line in self.of("point"):
            key = line["scale"], line["question"], line["target"]
            self.points.setdefault(key, []).append(line)
        self.conditions = next(iter(self.of("conditions")))
        self.scales = list(self.conditions["clusters"])
        self.questions = list(dict.fromkeys(key[1] for key in self.points))
        self.targets = list(dict.fromkeys(key[2] for key in self.points))

    def of(self, kind):
        return [line for line in self.lines if line["kind"] == kind]

    def median(self, scale, question, target, name="rps"):
        """Of the points during which others were quiet; of all where there is none."""
        points = self.points.get((scale, question, target), [])
        quiet = [p for p in points if not p["noisy"]] or points
        values = [p[name] for p in quiet if p.get(name) is not None]
        return statistics.median(values) if values else None

    def ratio(self, scale, question, target, base):
        """How many times `base` a target reaches in this run."""
        return self._ratio((scale, question, target), (scale, question, base))

    def flat(self, question):
        """Throughput at the nation's scale over that at a town's."""
        return self._ratio(("nation", question, "entaku"), ("town", question, "entaku"))

    def _ratio(self, upper, lower):
        """The median of the rounds' ratios: what stands side by side had the same conditions. Quiet rounds first."""
        pairs = [
            (above, below)
            for above in self.points.get(upper, [])
            for below in self.points.get(lower, [])
            if above["round"] == below["round"] and below["rps"]
        ]
        quiet = [pair for pair in pairs if not any(point["noisy"] for point in pair)] or pairs
        return statistics.median(above["rps"] / below["rps"] for above, below in quiet) if quiet else None

    def walls(self, scale, question):
        """What row-level security costs of our throughput: PostgreSQL's extra time, of all a request takes."""
        with_walls, without = (self.median(scale, question, t, "postgres_us") for t in ("limit", "limit-no-rls"))
        whole = self.median(scale, question, "entaku", "all_us")
        return (with_walls - without) / whole if None not in (with_walls, without, whole) else None

    def memory(self, target="entaku"):
        return max((line["rss_mb"] for line in self.of("memory") if line["target"] == target), default=None)

    def musts(self):
        """Each must: its words, what was reached, whether that is enough (None: not measured)."""
        for scale in self.scales:
            for question in self.questions:
                at, reached = f"{question} {scale}", self.ratio(scale, question, "entaku", "postgraphile")
                yield f"{at}: ≥ {MUST[question]} × PostGraphile", _times(reached), _at_least(reached, MUST[question])
                if question in SHARE:
                    share = self.ratio(scale, question, "entaku", "limit")
                    yield f"{at}: ≥ {SHARE[question]} of the limit", _plain(share), _at_least(share, SHARE[question])
            yield from self._walls(scale)
        yield f"RSS at 256 connections ≤ {MEMORY_MB} MB", _plain(self.memory(), 0), _at_most(self.memory(), MEMORY_MB)
        for question in (q for q in self.questions if q != "M1"):
            flat = self.flat(question)
            yield f"{question}: nation ≥ {FLAT} of town", _plain(flat), _at_least(flat, FLAT)

    def _walls(self, scale):
        for question in (q for q in self.questions if q != "M1"):
            cost = self.walls(scale, question)
            yield f"{question} {scale}: RLS ≤ {WALLS:.0%} of throughput", _percent(cost), _at_most(cost, WALLS)

    def moonshots(self):
        """Each moonshot, at each scale: question, scale, aim, reached."""
        for scale in self.scales:
            for question in self.questions:
                reached = self.ratio(scale, question, "entaku", "postgraphile")
                if reached is not None:
                    yield question, scale, MOONSHOT[question], reached

    def faults(self):
        """Points with errors in them, or with others at work."""
        for line in self.of("point"):
            bad = {key: line[key] for key in ("errors", "not2xx", "broken", "late") if line.get(key)}
            if bad or line.get("noisy"):
                yield line, bad


def _at_least(value, bound):
    return None if value is None else value >= bound


def _at_most(value, bound):
    return None if value is None else value <= bound


def _plain(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


def _times(value):
    return "–" if value is None else f"{value:.1f} ×"


def _percent(value):
    return "–" if value is None else f"{value:.0%}"
