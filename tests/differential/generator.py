"""Random bounded queries, each as a pair of texts: for streamsql (Flink SQL) and for PostgreSQL.

Where the dialects differ on purpose, the PostgreSQL text is written so that it computes what Flink SQL says: integer AVG truncates,
GREATEST of a NULL is NULL, a cast of a double to an integer truncates. Expressions stay in ranges where neither side overflows.
"""
import random

BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL, STRING, TIMESTAMP, DATE = "boolean int bigint double decimal string timestamp date".split()
NUMBERS = (INT, BIGINT, DOUBLE, DECIMAL)

COLUMNS = {  # name -> type; `id` is unique and never NULL, `ts` never NULL and ascending
    "id": BIGINT, "a": INT, "b": BIGINT, "x": DOUBLE, "d": DECIMAL, "s": STRING, "u": STRING, "f": BOOLEAN,
    "ts": TIMESTAMP, "dt": DATE,
}
FLINK_TYPES = {BOOLEAN: "BOOLEAN", INT: "INT", BIGINT: "BIGINT", DOUBLE: "DOUBLE", DECIMAL: "DECIMAL(10, 2)",
               STRING: "STRING", TIMESTAMP: "TIMESTAMP(3)", DATE: "DATE"}
POSTGRES_TYPES = {**FLINK_TYPES, DOUBLE: "DOUBLE PRECISION", STRING: "TEXT"}
WORDS = ["apple", "Banana", "cherry", "", "a", "ab", "abc", "A%b", "x_y", "Zürich", "über", "naïve", "日本語", "  pad ", "comma,quote\"", "O'Neil"]


class Query:
    """columns: types of the output; ordered: whether the order of rows is defined."""

    def __init__(self, flink, postgres, columns, ordered=False):
        self.flink, self.postgres, self.columns, self.ordered = flink, postgres, columns, ordered


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    # -- rows ---------------------------------------------------------------------------------------------------

    def rows(self, count):
        pick = self.random
        ms = 1_700_000_000_000
        rows = []
        for number in range(count):
            ms += pick.choice([0, 1, 250, 999, 1000, 2500, 9000, 31_000, 95_000])
            rows.append({
                "id": number, "a": pick.randint(-50, 50), "b": pick.choice([0, 1, -7, 1_000_003, -999_999_999]),
                "x": pick.choice([0.0, 0.5, -1.25, 1e6, pick.uniform(-100, 100)]), "d": f"{pick.uniform(-999, 999):.2f}",
                "s": pick.choice(WORDS), "u": pick.choice("red green blue".split()), "f": pick.random() < 0.5,
                "ts": ms, "dt": 19_600 + pick.randint(0, 60),
            })
            for name in COLUMNS:
                if name not in ("id", "ts") and pick.random() < 0.12:
                    rows[-1][name] = None
        return rows

    # -- expressions: (flink, postgres) -----------------------------------------------------------------------

    def chance(self, p):
        return self.random.random() < p

    def column(self, type_):
        names = [name for name, t in self.scope.items() if t == type_]
        if not names:
            return self.literal(type_)
        name = self.random.choice(names)
        return name, name

    def literal(self, type_):
        pick = self.random
        if type_ == BOOLEAN:
            return (pick.choice(["TRUE", "FALSE"]),) * 2
        if type_ == INT:
            return (str(pick.randint(-20, 20)),) * 2
        if type_ == BIGINT:
            value = pick.randint(3_000_000_000, 4_000_000_000)
            return f"{value}", f"{value}::bigint"
        if type_ == DOUBLE:
            value = pick.choice(["1.5E0", "2.5E-1", "-3E0", "1E2"])
            return value, f"({value})::double precision"
        if type_ == DECIMAL:
            return (f"{pick.uniform(-20, 20):.{pick.randint(1, 2)}f}",) * 2
        if type_ == STRING:
            text = pick.choice(WORDS).replace("'", "''")
            return (f"'{text}'",) * 2
        if type_ == TIMESTAMP:
            return (f"TIMESTAMP '2023-11-{pick.randint(14, 20):02d} 10:{pick.randint(0, 59):02d}:07.500'",) * 2
        return (f"DATE '2023-{pick.randint(9, 12):02d}-{pick.randint(1, 28):02d}'",) * 2

    def expression(self, type_, depth):
        if depth <= 0:
            return self.column(type_) if self.chance(0.7) else self.literal(type_)
        if self.chance(0.12):
            return self.conditional(type_, depth)
        return getattr(self, f"_{type_}")(depth - 1)

    def conditional(self, type_, depth):
        e = lambda t=type_: self.expression(t, depth - 1)
        kind = self.random.randrange(3)
        if kind == 0:
            c, v, w = e(BOOLEAN), e(), e()
            return tuple(f"CASE WHEN {c[i]} THEN {v[i]} ELSE {w[i]} END" for i in (0, 1))
        v, w = self.column(type_), e()
        name = "COALESCE" if kind == 1 else "NULLIF"
        return tuple(f"{name}({v[i]}, {w[i]})" for i in (0, 1))

    def both(self, pattern, *parts):
        return tuple(pattern.format(*(part[i] for part in parts)) for i in (0, 1))

    def _boolean(self, depth):
        pick = self.random
        kind = pick.randrange(9)
        if kind <= 2:
            type_ = pick.choice([INT, BIGINT, DOUBLE, DECIMAL, STRING, TIMESTAMP, DATE])
            return self.both("({} " + pick.choice(["=", "<>", "<", "<=", ">", ">="]) + " {})",
                             self.expression(type_, depth), self.expression(type_, depth))
        if kind == 3:
            return self.both("({} " + pick.choice(["AND", "OR"]) + " {})", self.expression(BOOLEAN, depth), self.expression(BOOLEAN, depth))
        if kind == 4:
            return self.both("(NOT {})", self.expression(BOOLEAN, depth))
        if kind == 5:
            type_ = pick.choice(list(FLINK_TYPES))
            return self.both("({} IS " + pick.choice(["", "NOT "]) + "NULL)", self.expression(type_, depth))
        if kind == 6:
            return self.both("({} LIKE '" + pick.choice(["a%", "%a%", "_b%", "%", "A%", "%e", "x_y"]) + "')",
                             self.expression(STRING, depth))
        if kind == 7:
            return self.both("({} IN ({}, {}, {}))", self.column(INT), *(self.literal(INT) for _ in range(3)))
        if pick.random() < 0.5:
            return self.both("({} BETWEEN {} AND {})", self.expression(INT, depth), self.literal(INT), self.expression(INT, depth))
        type_ = pick.choice([INT, STRING, BOOLEAN])
        return self.both("({} IS " + pick.choice(["", "NOT "]) + "DISTINCT FROM {})", self.expression(type_, depth), self.expression(type_, depth))

    def _arithmetic(self, type_, depth):
        pick = self.random
        operator = pick.choice(["+", "-", "*"])
        left, right = self.expression(type_, depth), self.expression(type_, depth)
        if operator == "*":  # keep within range
            right = self.literal(INT)
            left = self.column(type_)
        return self.both("({} " + operator + " {})", left, right)

    def _int(self, depth):
        kind = self.random.randrange(8)
        if kind == 0:
            return self.both("CHAR_LENGTH({})", self.expression(STRING, depth))
        if kind == 1:
            return self.both("ABS({})", self.column(INT))
        if kind == 2:
            divisor = self.random.choice([2, 3, 7, 10])
            return self.both("MOD({}, " + str(divisor) + ")", self.expression(INT, depth))
        if kind == 3:
            return self.both("({} / NULLIF({}, 0))", self.column(INT), self.column(INT))
        if kind == 4:
            return self.both("POSITION({} IN {})", self.literal(STRING), self.expression(STRING, depth))
        if kind == 5:
            left, right = self.column(INT), self.literal(INT)
            name = self.random.choice(["GREATEST", "LEAST"])
            return (f"{name}({left[0]}, {right[0]})",
                    f"CASE WHEN {left[1]} IS NULL OR {right[1]} IS NULL THEN NULL ELSE {name}({left[1]}, {right[1]}) END")
        if kind == 6:
            left, right = self.column(INT), self.literal(INT)
            return self.both("({} " + self.random.choice("+-*") + " {})", left, right)
        return self.column(INT)

    def _bigint(self, depth):
        kind = self.random.randrange(5)
        if kind == 0:
            unit = self.random.choice("YEAR MONTH DAY HOUR MINUTE".split())
            value = self.expression(TIMESTAMP, depth)
            return f"EXTRACT({unit} FROM {value[0]})", f"EXTRACT({unit} FROM {value[1]})::bigint"
        if kind == 1:
            value = self.column(DOUBLE)
            return f"CAST({value[0]} AS BIGINT)", f"TRUNC({value[1]})::bigint"
        if kind == 2:
            return self.both("CAST({} AS BIGINT)", self.expression(INT, depth))
        if kind == 3:
            return self.both("({} " + self.random.choice("+-") + " {})", self.column(BIGINT), self.expression(INT, depth))
        return self._arithmetic(BIGINT, 0)

    def _double(self, depth):
        kind = self.random.randrange(5)
        if kind == 0:
            return self.both(self.random.choice(["FLOOR", "CEIL", "ABS"]) + "({})", self.expression(DOUBLE, depth))
        if kind == 1:
            return self.both("SQRT(ABS({}))", self.column(DOUBLE))
        if kind == 2:
            left, right = self.column(DOUBLE), self.column(INT)
            return self.both("({} / NULLIF({}, 0))", left, right)
        if kind == 3:
            value = self.expression(INT, depth)
            return f"CAST({value[0]} AS DOUBLE)", f"({value[1]})::double precision"
        return self._arithmetic(DOUBLE, min(depth, 1))

    def _decimal(self, depth):
        kind = self.random.randrange(4)
        if kind == 0:
            return self.both("({} * {})", self.column(DECIMAL), self.literal(DECIMAL))
        if kind == 1:
            return self.both("ABS({})", self.column(DECIMAL))
        if kind == 2:
            return self.both("CAST({} AS DECIMAL(12, 3))", self.column(INT))
        return self.both("({} " + self.random.choice("+-") + " {})", self.column(DECIMAL), self.expression(DECIMAL, min(depth, 1)))

    def _string(self, depth):
        pick = self.random
        kind = pick.randrange(9)
        inner = self.expression(STRING, depth)
        if kind <= 1:
            return self.both(pick.choice(["UPPER", "LOWER"]) + "({})", ("u", "u"))  # ASCII: the C locale folds no other letters
        if kind == 2:
            start, length = pick.randint(1, 4), pick.randint(0, 4)
            return self.both(f"SUBSTRING({{}} FROM {start} FOR {length})", inner)
        if kind == 3:
            return self.both("TRIM({})", inner)
        if kind == 4:
            return self.both("({} || {})", inner, self.literal(STRING))
        if kind == 5:
            return self.both("REPLACE({}, 'a', '" + pick.choice(["", "aa", "é"]) + "')", inner)
        if kind == 6:
            return self.both(pick.choice(["REVERSE({})", "LPAD({}, 7, '*')", "RPAD({}, 6, 'xy')"]), inner)
        if kind == 7:
            value = self.expression(INT, depth)
            return f"CAST({value[0]} AS STRING)", f"({value[1]})::text"
        return inner

    def _timestamp(self, depth):
        pick = self.random
        kind = pick.randrange(3)
        if kind == 0:
            unit = pick.choice("YEAR MONTH DAY HOUR MINUTE SECOND".split())
            value = self.column(TIMESTAMP)
            return f"FLOOR({value[0]} TO {unit})", f"date_trunc('{unit}', {value[1]})"
        if kind == 1:
            return self.both(f"({{}} {pick.choice('+-')} INTERVAL '{pick.randint(1, 30)}' {pick.choice('SECOND MINUTE HOUR DAY MONTH YEAR'.split())})",
                             self.column(TIMESTAMP))
        return self.column(TIMESTAMP)

    def _date(self, depth):
        if self.chance(0.5):
            return self.both("CAST({} AS DATE)", self.expression(TIMESTAMP, depth))
        return self.column(DATE)

    # -- aggregates -------------------------------------------------------------------------------------------

    def aggregate(self):
        """(flink, postgres, type)"""
        pick = self.random
        condition = self.expression(BOOLEAN, 1) if self.chance(0.3) else None
        suffix = tuple(f" FILTER (WHERE {condition[i]})" if condition else "" for i in (0, 1))
        kind = pick.randrange(8)
        if kind == 0:
            return "COUNT(*)" + suffix[0], "COUNT(*)" + suffix[1], BIGINT
        if kind == 1:
            value = self.expression(pick.choice(list(FLINK_TYPES)), 1)
            distinct = "DISTINCT " if self.chance(0.5) else ""
            return f"COUNT({distinct}{value[0]}){suffix[0]}", f"COUNT({distinct}{value[1]}){suffix[1]}", BIGINT
        if kind == 2:
            type_ = pick.choice([INT, BIGINT, DOUBLE, DECIMAL])
            value = self.column(type_)
            distinct = "DISTINCT " if type_ in (INT, BIGINT) and self.chance(0.3) else ""
            return f"SUM({distinct}{value[0]}){suffix[0]}", f"SUM({distinct}{value[1]}){suffix[1]}", type_
        if kind == 3:
            type_ = pick.choice([INT, BIGINT])
            value = self.column(type_)
            return f"AVG({value[0]}){suffix[0]}", f"TRUNC(AVG({value[1]}){suffix[1]})::bigint", type_
        if kind == 4:
            type_ = pick.choice([DOUBLE, DECIMAL])
            value = self.column(type_)
            return f"AVG({value[0]}){suffix[0]}", f"AVG({value[1]}){suffix[1]}", type_
        if kind == 5:
            value = self.column(DOUBLE)
            name = pick.choice(["STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP"])
            return f"{name}({value[0]}){suffix[0]}", f"{name}({value[1]}){suffix[1]}", DOUBLE
        type_ = pick.choice([INT, BIGINT, DOUBLE, DECIMAL, STRING, TIMESTAMP, DATE])
        value = self.expression(type_, 1)
        name = pick.choice(["MIN", "MAX"])
        return f"{name}({value[0]}){suffix[0]}", f"{name}({value[1]}){suffix[1]}", type_

    # -- queries ------------------------------------------------------------------------------------------------

    def query(self):
        self.scope = dict(COLUMNS)
        shape = self.random.randrange(10)
        if shape <= 2:
            return self.projection()
        if shape <= 5:
            return self.grouped()
        if shape == 6:
            return self.ordered()
        if shape == 7:
            return self.union()
        if shape == 8:
            return self.distinct()
        return self.window()

    def source(self):
        """FROM t, or a subquery that renames and filters."""
        if self.chance(0.7):
            return "t", "t"
        condition = self.expression(BOOLEAN, 2)
        return tuple(f"(SELECT * FROM t WHERE {condition[i]}) AS q" for i in (0, 1))

    def where(self):
        if self.chance(0.4):
            return "", ""
        return self.both(" WHERE {}", self.expression(BOOLEAN, 3))

    def items(self, count):
        types = [self.random.choice(list(FLINK_TYPES)) for _ in range(count)]
        return types, [self.expression(type_, 3) for type_ in types]

    def projection(self):
        types, items = self.items(self.random.randint(1, 5))
        source, where = self.source(), self.where()
        text = [f"SELECT {', '.join(f'{item[i]} AS c{n}' for n, item in enumerate(items))} FROM {source[i]}{where[i]}" for i in (0, 1)]
        return Query(*text, types)

    def grouped(self):
        keys = self.random.randint(0, 2)
        types = [self.random.choice([INT, STRING, BOOLEAN, DATE]) for _ in range(keys)]
        items = [self.expression(type_, 1) if self.chance(0.4) else self.column(type_) for type_ in types]
        items = [self.column(type_) if item[0][0] in "'-0123456789TFD" and not item[0].startswith("TRIM") else item for type_, item in zip(types, items)]
        aggregates = [self.aggregate() for _ in range(self.random.randint(1, 4))]
        having = self.aggregate() if self.chance(0.25) else None
        source, where = self.source(), self.where()
        text = []
        for i in (0, 1):
            columns = [item[i] for item in items] + [aggregate[i] for aggregate in aggregates]
            query = f"SELECT {', '.join(f'{column} AS c{n}' for n, column in enumerate(columns))} FROM {source[i]}{where[i]}"
            if items:
                query += f" GROUP BY {', '.join(item[i] for item in items)}"
            if having:
                query += f" HAVING {having[i]} IS NOT NULL"
            text.append(query)
        return Query(*text, types + [aggregate[2] for aggregate in aggregates])

    def ordered(self):
        types, items = self.items(2)
        where = self.where()
        direction = self.random.choice(["ASC NULLS FIRST", "DESC NULLS LAST", "ASC NULLS LAST", "DESC NULLS FIRST"])
        limit = self.random.choice(["", f" LIMIT {self.random.randint(0, 20)}", f" LIMIT {self.random.randint(1, 20)} OFFSET {self.random.randint(0, 9)}"])
        key = self.random.choice(["a", "b", "s", "d", "ts", "x"])
        text = [f"SELECT id AS c0, {items[0][i]} AS c1, {items[1][i]} AS c2 FROM t{where[i]} ORDER BY {key} {direction}, id{limit}" for i in (0, 1)]
        return Query(*text, [BIGINT] + types, ordered=True)

    def union(self):
        types = [self.random.choice([INT, STRING, DOUBLE, TIMESTAMP]) for _ in range(2)]
        arms = [([self.expression(type_, 2) for type_ in types], self.where()) for _ in range(2)]
        operator = self.random.choice(["UNION ALL", "UNION ALL", "UNION"])
        text = [f" {operator} ".join(f"SELECT {items[0][i]} AS c0, {items[1][i]} AS c1 FROM t{where[i]}" for items, where in arms) for i in (0, 1)]
        return Query(*text, types)

    def distinct(self):
        types = [self.random.choice([INT, STRING, BOOLEAN]) for _ in range(2)]
        items = [self.expression(type_, 1) for type_ in types]
        where = self.where()
        text = [f"SELECT DISTINCT {items[0][i]} AS c0, {items[1][i]} AS c1 FROM t{where[i]}" for i in (0, 1)]
        return Query(*text, types)

    def window(self):
        """Event-time windows against the same thing said in plain SQL."""
        aggregates = [self.aggregate() for _ in range(self.random.randint(1, 3))]
        where = self.where()
        key = self.random.choice(["u", "f", None])
        kind = self.random.choice(["tumble", "hop", "cumulate", "session"])
        size, slide = self.random.choice([(10, 2), (60, 20), (300, 60), (12, 4)])
        flink_items = [aggregate[0] for aggregate in aggregates]
        postgres_items = [aggregate[1] for aggregate in aggregates]
        keys = [key] if key else []
        types = [STRING if k == "u" else BOOLEAN for k in keys] + [TIMESTAMP, TIMESTAMP] + [aggregate[2] for aggregate in aggregates]
        interval = lambda seconds: f"INTERVAL '{seconds}' SECOND"
        def select(start, end, items):
            columns = keys + [start, end] + items
            return ", ".join(f"{column} AS c{n}" for n, column in enumerate(columns))
        if kind == "session":  # as in Flink, rows exactly one gap apart share a session
            gap = self.random.choice([2, 5, 20])
            flink = (f"SELECT {select(f'SESSION_START(ts, {interval(gap)})', f'SESSION_END(ts, {interval(gap)})', flink_items)} "
                     f"FROM t{where[0]} GROUP BY {', '.join(keys + [f'SESSION(ts, {interval(gap)})'])}")
            over = f"({'PARTITION BY ' + key + ' ' if key else ''}ORDER BY ts, id)"
            marked = f"SELECT *, CASE WHEN ts - LAG(ts) OVER {over} <= {interval(gap)} THEN 0 ELSE 1 END AS opens FROM t{where[1]}"
            numbered = f"SELECT *, SUM(opens) OVER {over} AS session FROM ({marked}) AS m"
            postgres = (f"SELECT {select('MIN(ts)', f'MAX(ts) + {interval(gap)}', postgres_items)} FROM ({numbered}) AS n "
                        f"GROUP BY {', '.join(keys + ['session'])}")
            return Query(flink, postgres, types)
        table = {"tumble": f"TUMBLE(TABLE t, DESCRIPTOR(ts), {interval(size)})",
                 "hop": f"HOP(TABLE t, DESCRIPTOR(ts), {interval(slide)}, {interval(size)})",
                 "cumulate": f"CUMULATE(TABLE t, DESCRIPTOR(ts), {interval(slide)}, {interval(size)})"}[kind]
        flink = (f"SELECT {select('window_start', 'window_end', flink_items)} FROM TABLE({table}){where[0]} "
                 f"GROUP BY {', '.join(keys + ['window_start', 'window_end'])}")
        origin = "TIMESTAMP '1970-01-01'"
        if kind == "tumble":
            windows = f"(SELECT date_bin({interval(size)}, t.ts, {origin}) AS window_start, date_bin({interval(size)}, t.ts, {origin}) + {interval(size)} AS window_end) AS w"
        elif kind == "hop":
            windows = (f"(SELECT date_bin({interval(slide)}, t.ts, {origin}) - n * {interval(slide)} AS window_start, "
                       f"date_bin({interval(slide)}, t.ts, {origin}) - n * {interval(slide)} + {interval(size)} AS window_end "
                       f"FROM generate_series(0, {size // slide - 1}) AS n) AS w")
        else:
            windows = (f"(SELECT date_bin({interval(size)}, t.ts, {origin}) AS window_start, "
                       f"date_bin({interval(size)}, t.ts, {origin}) + n * {interval(slide)} AS window_end "
                       f"FROM generate_series(1, {size // slide}) AS n "
                       f"WHERE t.ts < date_bin({interval(size)}, t.ts, {origin}) + n * {interval(slide)}) AS w")
        postgres = (f"SELECT {select('window_start', 'window_end', postgres_items)} FROM t CROSS JOIN LATERAL {windows}{where[1]} "
                    f"GROUP BY {', '.join(keys + ['window_start', 'window_end'])}")
        return Query(flink, postgres, types)
