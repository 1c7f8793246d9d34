"""Rounds: every target in turn, in the opposite order every second time, again where others were busy."""

import time

from .tools import say


def shapes(stages, results):
    """Warms every question up and writes down what each shape of the limit reached."""
    for stage in stages:
        for question in stage.options.questions:
            say(f"{stage.scale} {question}: warming up")
            for target, reached in stage.warm(question):
                results.write("shapes", scale=stage.scale, question=question, target=target, reached=reached)


def rounds(stages, options, results):
    """All points of all rounds. The scales alternate inside a question, so that they can be compared."""
    for number in range(options.rounds):
        for question in options.questions:
            points = [(stage, name) for name in _names(stages) for stage in stages if name in stage.names()]
            for stage, name in points if number % 2 == 0 else reversed(points):
                point = quiet_point(stage, name, question, options)
                results.write("point", scale=stage.scale, question=question, target=name, round=number, **point)
                say(
                    f"round {number + 1} {stage.scale:10} {question} {name:13} {point['rps']:9.0f}/s"
                    f"  p50 {point['p50']:8.2f} ms  p99 {point['p99']:8.2f} ms{_marks(point)}"
                )


def _names(stages):
    return list(dict.fromkeys(name for stage in stages for name in stage.names()))


def _marks(point):
    marks = [f"{point[key]} {key}" for key in ("errors", "not2xx", "broken", "late") if point[key]]
    others = [f"others {point['foreign_cores']} cores"] if point["noisy"] else []
    return "".join(f"  {mark}" for mark in others + marks)


def quiet_point(stage, name, question, options):
    """Measures until others leave the machine alone, as long as patience lasts; else the quietest counts, marked."""
    best, rejected = None, 0
    while True:
        begun = time.monotonic()
        point = stage.point(name, question)
        if best is None or point["foreign_cores"] < best["foreign_cores"]:
            best = point
        noisy = best["foreign_cores"] > options.foreign
        if not noisy or options.patience <= 0 or rejected == options.repeats:
            return {**best, "rejected": rejected, "noisy": noisy}
        options.patience -= time.monotonic() - begun
        rejected += 1
