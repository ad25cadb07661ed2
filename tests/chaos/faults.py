"""Faults as short texts, and how a seed draws them. A round is faults joined by " + "; every text can be given back to replay it.

  lane.commit:2:kill     a fault point of the program: kill, pause, error or errors at its n-th passage; one that pauses gets a successor, then goes on
  kill@0.35              SIGKILL to the process, seconds after the round's start
  stop@0.35              SIGSTOP; a successor takes over; then SIGCONT
  nap@0.35               SIGSTOP and, without a successor, SIGCONT
  twin@0.20              a second process on the same checkpoints
  broker-kill@0.30       SIGKILL to the broker, and its restart
  broker-stop@0.30       SIGSTOP to the broker for longer than the transaction timeout, while our process is killed and started again
  full@0.30              the disk under the checkpoints is full for a while
"""
import collections
import random
import re

ACTIONS = ("kill", "pause", "error", "errors")
Point = collections.namedtuple("Point", "name passage action")
Timed = collections.namedtuple("Timed", "what at_s")
TIMED = ("kill", "stop", "nap", "twin", "full", "broker-kill", "broker-stop")
BROKER = ("broker-kill", "broker-stop")
FAILING = ("full", *BROKER)  # may end the process with an error
ENDS = ("int", "kill")
CHUNK = "task.chunk"  # an error there is none: it cuts an epoch into more transactions
# At the start of a process these are passed once or twice, the others once an epoch.
GARBAGE_S = 6  # garbage is collected that often
RARE = ("lane.fence", "lane.fenced", "coordinator.take_over", "task.restore", "garbage.delete")


class Round(collections.namedtuple("Round", "faults rows length_s end")):
    """rows: written meanwhile; end: how what still runs then is ended."""

    def __str__(self):
        return " + ".join(joined_texts(self.faults) or ["nothing"]) + f" | {self.rows} rows, {self.length_s:.2f} s, {self.end}"

    def points(self):
        return [fault for fault in self.faults if isinstance(fault, Point)]

    def timed(self, *what):
        return [fault for fault in self.faults if isinstance(fault, Timed) and fault.what in what]


def text(fault):
    return f"{fault.name}:{fault.passage}:{fault.action}" if isinstance(fault, Point) else f"{fault.what}@{fault.at_s:.2f}"


def joined_texts(faults):
    """The passages of one point's same fault in one text: task.chunk:3,17:error."""
    texts, passages = [], {}
    for fault in faults:
        if not isinstance(fault, Point):
            texts.append(text(fault))
        elif (fault.name, fault.action) in passages:
            passages[fault.name, fault.action].append(str(fault.passage))
        else:
            passages[fault.name, fault.action] = [str(fault.passage)]
    return [f"{name}:{','.join(numbers)}:{action}" for (name, action), numbers in passages.items()] + texts


def parse(words):
    """The texts of one round's faults, joined by "+"."""
    faults = []
    for word in filter(lambda part: part not in ("", "nothing"), (part.strip() for part in words.split("+"))):
        timed = re.fullmatch(r"([a-z-]+)@([0-9.]+)", word)
        point = re.fullmatch(r"([a-z_.]+):([0-9,]+):([a-z]+)", word)
        if timed and timed[1] in TIMED:
            faults.append(Timed(timed[1], float(timed[2])))
        elif point and point[3] in ACTIONS:
            faults += [Point(point[1], int(passage), point[3]) for passage in point[2].split(",")]
        else:
            raise ValueError(f"not a fault: {word}")
    return tuple(faults)


def draw_point(draw, names):
    name = draw.choice(names)
    passage = 1 if name in RARE and draw.random() < 0.6 else draw.choice((1, 1, 2, 2, 3, 4, 6))
    return Point(name, passage, draw.choices(ACTIONS, (5, 2, 3, 1))[0])


def draw_faults(draw, names, can_fill):
    """One round's faults: mostly one, sometimes several."""
    kinds = [("point", 12), ("kill", 6), ("stop", 3), ("nap", 1), ("twin", 2), ("broker-kill", 0.7), ("broker-stop", 0.5)]
    if can_fill:
        kinds.append(("full", 2))
    chosen = draw.choices([kind for kind, _ in kinds], [weight for _, weight in kinds], k=draw.choices((1, 2, 3), (6, 3, 1))[0])
    faults = []
    if draw.random() < 0.3:
        faults += [Point(CHUNK, passage, "error") for passage in sorted(draw.sample(range(1, 400), draw.randrange(1, 12)))]
    for kind in chosen:
        if kind == "point":
            faults.append(draw_point(draw, names))
        elif not any(isinstance(fault, Timed) and (fault.what == kind or (fault.what in BROKER and kind in BROKER)) for fault in faults):
            faults.append(Timed(kind, round(draw.uniform(0.05, 1.3), 2)))
    return tuple(faults)


def complete_round(draw, faults):
    """A round around given faults."""
    longer = 1 if any(isinstance(fault, Timed) and fault.what in FAILING for fault in faults) else 0
    if any(isinstance(fault, Point) and fault.name.startswith("garbage") for fault in faults):
        longer = GARBAGE_S
    return Round(faults, draw.randrange(300, 1200), draw.uniform(1.0, 1.6) + longer, draw.choices(ENDS, (1, 2))[0])


def draw_rounds(seed, series, count, names, can_fill):
    draw = random.Random(f"chaos/{seed}/{series}")
    return [complete_round(draw, draw_faults(draw, names, can_fill)) for _ in range(count)]


def enumerate_points(names, actions=ACTIONS, passages=(1, 2)):
    """Every fault point, each of its faults, at its first passages."""
    return [(Point(name, passage, action),) for name in names for action in actions for passage in passages]
