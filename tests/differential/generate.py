"""Random bounded queries, each in two dialects: ours and PostgreSQL's.

An expression is built as a pair of texts with a type and a bound of its magnitude, so that no query overflows by accident.
Where the dialects mean different things by the same words, the PostgreSQL text says what Flink means (see README.md).
"""
import random
import re

WORDS = ["", "a", "b", "Ab", "abc", "foo", "Foo bar", " x ", "été", "Жук", "日本語", "a,b", 'q"q', "it's", "zz top", "a_b%c", "12", " -7", "a-b-c"]
CITIES = ["Berlin", "Oslo", "Paris", "Rome"]
TABLE_COLUMNS = [("id", "bigint"), ("i", "int"), ("j", "int"), ("b", "bigint"), ("d", "double"), ("m", "dec"), ("s", "str"),
                 ("c", "str"), ("f", "bool"), ("ts", "ts"), ("dt", "date")]
EVENT_COLUMNS = [("id", "bigint"), ("k", "str"), ("v", "int"), ("w", "double"), ("ts", "ts")]
OUR_TYPES = {"int": "INT", "bigint": "BIGINT", "double": "DOUBLE", "dec": "DECIMAL(10, 2)", "str": "STRING",
             "bool": "BOOLEAN", "ts": "TIMESTAMP(3)", "date": "DATE"}
PG_TYPES = {"int": "int", "bigint": "bigint", "double": "float8", "dec": "numeric(10, 2)", "str": "text", "bool": "bool",
            "ts": "timestamp(3)", "date": "date"}
NUMBERS = ["int", "bigint", "double", "dec"]
BOUNDS = {"int": 60, "bigint": 2000, "double": 1000, "dec": 1000}


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def random_ts(rng):
    return f"2024-05-{rng.randint(1, 3):02d} {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}.{rng.choice([0, 0, 5, 250, 999]):03d}"


def random_value(rng, name, kind, row):
    if name == "id":
        return row
    if rng.random() < 0.15:
        return None
    return {"int": lambda: rng.randint(-50, 50) if rng.random() < 0.7 else rng.randint(-2, 2),
            "bigint": lambda: rng.randint(-2000, 2000),
            "double": lambda: rng.choice([0.0, 1.5, -2.25, 1e-3, round(rng.uniform(-1000, 1000), 3)]),
            "dec": lambda: f"{rng.randint(-99999, 99999) / 100:.2f}",
            "str": lambda: rng.choice(CITIES if name == "c" else WORDS),
            "bool": lambda: rng.random() < 0.5,
            "ts": lambda: random_ts(rng),
            "date": lambda: f"20{rng.randint(10, 30)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"}[kind]()


def random_events(rng, count):
    """Rows in strict order of time, so that none is behind a watermark that is the newest time; with gaps for sessions."""
    rows, milliseconds = [], 0
    for row in range(count):
        milliseconds += rng.choice([1, 2, 250, 999, 1000, 3000, 7000, 25000 if rng.random() < 0.2 else 500])
        seconds, fraction = divmod(milliseconds, 1000)
        minutes, seconds = divmod(seconds, 60)
        rows.append([row, rng.choice(["a", "b", "c"]) if rng.random() < 0.9 else None,
                     rng.randint(-20, 20) if rng.random() < 0.85 else None,
                     round(rng.uniform(-10, 10), 2) if rng.random() < 0.85 else None,
                     f"2024-05-01 {12 + minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}.{fraction:03d}"])
    return rows


class Expression:
    def __init__(self, kind, ours, postgres, bound=0):
        self.kind, self.ours, self.postgres, self.bound = kind, ours, postgres, bound


def same(kind, template, *parts, bound=0):
    """The same words in both dialects."""
    return Expression(kind, template.format(*(p.ours for p in parts)), template.format(*(p.postgres for p in parts)), bound)


def differ(kind, ours, postgres, *parts, bound=0):
    return Expression(kind, ours.format(*(p.ours for p in parts)), postgres.format(*(p.postgres for p in parts)), bound)


class Generator:
    def __init__(self, rng):
        self.rng = rng

    def chance(self, share):
        return self.rng.random() < share

    # ---- expressions ----

    def literal(self, kind):
        rng = self.rng
        if kind == "int":
            value = rng.randint(-9, 9)
            return same(kind, str(value) if value >= 0 else f"({value})", bound=10)
        if kind == "bigint":
            value = rng.randint(0, 900)
            return same(kind, f"CAST({value} AS BIGINT)", bound=900)
        if kind == "double":
            value = rng.choice([0.5, 2.0, 100.25, 3.125])
            return differ(kind, f"CAST({value} AS DOUBLE)", f"CAST({value} AS float8)", bound=110)
        if kind == "dec":
            return differ(kind, "{0}", "{0}", same(kind, f"{rng.randint(0, 9999) / 100:.2f}"), bound=100)
        if kind == "str":
            return same(kind, quote(rng.choice(WORDS)).replace("{", "{{").replace("}", "}}"))
        if kind == "bool":
            return same(kind, rng.choice(["TRUE", "FALSE"]))
        if kind == "ts":
            return same(kind, f"TIMESTAMP '{random_ts(rng)}'")
        return same(kind, f"DATE '20{rng.randint(10, 30)}-06-15'")

    def null(self, kind):
        return differ(kind, f"CAST(NULL AS {OUR_TYPES[kind]})", f"CAST(NULL AS {PG_TYPES[kind]})")

    def leaf(self, kind, columns):
        names = [name for name, k in columns if k == kind]
        if names and self.chance(0.75):
            name = self.rng.choice(names)
            return same(kind, name, bound=BOUNDS.get(kind, 0))
        return self.null(kind) if self.chance(0.1) else self.literal(kind)

    def expression(self, kind, columns, depth):
        if depth <= 0 or self.chance(0.15):
            return self.leaf(kind, columns)
        if self.chance(0.2):
            return self.conditional(kind, columns, depth)
        return getattr(self, "make_" + kind)(columns, depth - 1)

    def conditional(self, kind, columns, depth):
        e = lambda: self.expression(kind, columns, depth - 1)
        choice = self.rng.randint(0, 3)
        if choice == 0:
            a, b = e(), e()
            return same(kind, "COALESCE({0}, {1})", a, b, bound=max(a.bound, b.bound))
        if choice == 1 and kind not in ("bool", "double"):
            a, b = e(), e()
            return same(kind, "NULLIF({0}, {1})", a, b, bound=a.bound)
        condition = self.expression("bool", columns, depth - 1)
        a, b = e(), e()
        if choice == 2:
            return same(kind, "CASE WHEN {0} THEN {1} ELSE {2} END", condition, a, b, bound=max(a.bound, b.bound))
        return same(kind, "CASE WHEN {0} THEN {1} END", condition, a, bound=a.bound)

    def arithmetic(self, kind, columns, depth, operators):
        a, b = self.expression(kind, columns, depth), self.expression(kind, columns, depth)
        operator = self.rng.choice(operators)
        if operator == "*" and a.bound * b.bound > 1e6:
            operator = "-"
        bound = a.bound * b.bound if operator == "*" else a.bound + b.bound
        return same(kind, f"({{0}} {operator} {{1}})", a, b, bound=bound)

    def make_int(self, columns, depth):
        choice = self.rng.randint(0, 9)
        if choice < 4:
            return self.arithmetic("int", columns, depth, ["+", "-", "*"])
        if choice == 4:
            a, b = self.expression("int", columns, depth), self.expression("int", columns, depth)
            return same("int", self.rng.choice(["({0} / NULLIF({1}, 0))", "MOD({0}, NULLIF({1}, 0))"]), a, b,
                        bound=max(a.bound, b.bound))
        if choice == 5:
            a = self.expression("str", columns, depth)
            return same("int", self.rng.choice(["CHAR_LENGTH({0})", "POSITION('b' IN {0})", "CHARACTER_LENGTH({0})"]), a,
                        bound=500)
        if choice == 6:
            a = self.expression("int", columns, depth)
            return same("int", self.rng.choice(["ABS({0})", "(- {0})", "(+ {0})"]), a, bound=a.bound)
        if choice == 7:
            a = self.expression("double", columns, depth)
            return same("int", "CAST({0} AS INT)", differ("double", "{0}", "trunc({0})", a), bound=a.bound) \
                if a.bound < 1e6 else self.leaf("int", columns)
        if choice == 8:
            a = self.expression("ts", columns, depth)
            unit = self.rng.choice(["HOUR", "MINUTE", "DAY", "MONTH", "YEAR"])
            return differ("int", f"CAST(EXTRACT({unit} FROM {{0}}) AS INT)", f"CAST(EXTRACT({unit} FROM {{0}}) AS INT)", a,
                          bound=2100)
        if self.chance(0.6):
            return self.more_int(columns, depth)
        a, b = self.expression("int", columns, depth), self.expression("int", columns, depth)
        name = self.rng.choice(["GREATEST", "LEAST"])
        return same("int", name + "(COALESCE({0}, 0), COALESCE({1}, 1))", a, b, bound=max(a.bound, b.bound, 1))

    def more_int(self, columns, depth):
        choice = self.rng.randint(0, 6)
        if choice == 0:
            a = self.expression("str", columns, depth)
            return differ("int", "TRY_CAST({0} AS INT)", "CASE WHEN {0} ~ '^ *[+-]?[0-9]+ *$' AND length(trim({0})) < 5 THEN CAST({0} AS INT) END",
                          differ("str", "LEFT({0}, 3)", "LEFT({0}, 3)", a), bound=1000)
        if choice == 1:
            a = self.expression("int", columns, depth)
            return differ("int", "SIGN({0})", "CAST(SIGN({0}) AS INT)", a, bound=1)
        if choice == 2:
            a = self.expression("dec", columns, 0)
            return differ("int", "CAST({0} AS INT)", "CAST(TRUNC({0}) AS INT)", a, bound=a.bound)
        if choice == 3:
            a = self.expression("ts", columns, depth)
            return differ("int", *self.rng.choice([
                ("CAST(EXTRACT(DOW FROM {0}) AS INT)", "(CAST(EXTRACT(DOW FROM {0}) AS INT) + 1)"),
                ("CAST(EXTRACT(DOY FROM {0}) AS INT)", "CAST(EXTRACT(DOY FROM {0}) AS INT)"),
                ("CAST(EXTRACT(WEEK FROM {0}) AS INT)", "CAST(EXTRACT(WEEK FROM {0}) AS INT)"),
                ("CAST(QUARTER({0}) AS INT)", "CAST(EXTRACT(QUARTER FROM {0}) AS INT)"),
                ("CAST(HOUR({0}) AS INT)", "CAST(EXTRACT(HOUR FROM {0}) AS INT)"),
                ("CAST(SECOND({0}) AS INT)", "CAST(TRUNC(EXTRACT(SECOND FROM {0})) AS INT)")]), a, bound=400)
        if choice == 4:
            a, b = self.expression("ts", columns, depth), self.expression("ts", columns, depth)
            unit, seconds = self.rng.choice([("SECOND", 1), ("MINUTE", 60), ("HOUR", 3600), ("DAY", 86400)])
            return differ("int", f"TIMESTAMPDIFF({unit}, {{0}}, {{1}})", f"CAST(TRUNC(EXTRACT(EPOCH FROM {{1}} - {{0}}) / {seconds}) AS INT)", a, b, bound=1e9)
        if choice == 5:
            a, b = self.expression("str", columns, depth), self.literal("str")
            return differ("int", "LOCATE({1}, {0})", "strpos({0}, {1})", a, differ("str", "(SUBSTRING({0} FROM 1 FOR 1) || 'o')", "(SUBSTRING({0} FROM 1 FOR 1) || 'o')", b), bound=100)
        a, b = self.expression("int", columns, depth), self.expression("int", columns, depth)
        return same("int", "CASE {0} WHEN 1 THEN {1} WHEN 2 THEN 0 ELSE {0} END", a, b, bound=max(a.bound, b.bound))

    def make_bigint(self, columns, depth):
        choice = self.rng.randint(0, 4)
        if choice < 2:
            return self.arithmetic("bigint", columns, depth, ["+", "-", "*"])
        if choice == 2:
            a = self.expression("int", columns, depth)
            return same("bigint", "CAST({0} AS BIGINT)", a, bound=a.bound)
        if choice == 3:
            a, b = self.expression("bigint", columns, depth), self.expression("int", columns, depth)
            return same("bigint", "({0} + {1})", a, b, bound=a.bound + b.bound)
        a = self.expression("bigint", columns, depth)
        return same("bigint", "ABS({0})", a, bound=a.bound)

    def make_double(self, columns, depth):
        choice = self.rng.randint(0, 6)
        if choice == 6:
            a = self.leaf("double", columns)  # of a known size: PostgreSQL refuses results too small for a DOUBLE
            if self.chance(0.5):
                return same("double", "POWER({0}, 2)", a, bound=a.bound * a.bound + 1)
            return differ("double", *self.rng.choice([("LN(1 + ABS({0}))", "LN(1 + ABS({0}))"), ("LOG10(1 + ABS({0}))", "LOG(1 + ABS({0}))"),
                                                      ("EXP(- ABS({0} / 1000))", "EXP(- ABS({0} / 1000))"), ("SIN({0})", "SIN({0})"), ("ATAN({0})", "ATAN({0})")]), a, bound=50)
        if choice < 2:
            return self.arithmetic("double", columns, depth, ["+", "-", "*"])
        a = self.expression("double", columns, depth)
        if choice == 2:
            return same("double", self.rng.choice(["FLOOR({0})", "CEIL({0})", "ABS({0})"]), a, bound=a.bound + 1)
        if choice == 3:
            return same("double", "SQRT(ABS({0}))", a, bound=a.bound + 1)
        if choice == 4:
            b = self.expression("int", columns, depth)
            return same("double", "({0} + {1})", a, b, bound=a.bound + b.bound)
        b = self.expression("double", columns, depth)
        return same("double", "({0} / (1 + ABS({1})))", a, b, bound=a.bound)

    def make_dec(self, columns, depth):
        choice = self.rng.randint(0, 4)
        if choice < 2 and depth <= 1:
            return self.arithmetic("dec", columns, 0, ["+", "-", "*"])
        a = self.expression("dec", columns, 0)
        if choice == 2:
            return same("dec", "ABS({0})", a, bound=a.bound)
        if choice == 3:
            return differ("dec", *self.rng.choice([("ROUND({0}, 1)", "ROUND({0}, 1)"), ("TRUNCATE({0}, 1)", "TRUNC({0}, 1)"), ("FLOOR({0})", "FLOOR({0})"),
                                                   ("CEIL({0})", "CEIL({0})"), ("CAST({0} AS DECIMAL(12, 1))", "CAST({0} AS NUMERIC(12, 1))")]), a, bound=a.bound + 1)
        b = self.expression("dec", columns, 0)
        return same("dec", "({0} - {1})", a, b, bound=a.bound + b.bound)

    def make_str(self, columns, depth):
        choice = self.rng.randint(0, 12)
        a = self.expression("str", columns, depth)
        if choice == 12:
            b = self.expression("ts", columns, depth)
            return differ("str", *self.rng.choice([("DATE_FORMAT({0}, 'yyyy-MM-dd HH:mm:ss')", "to_char({0}, 'YYYY-MM-DD HH24:MI:SS')"),
                                                   ("DATE_FORMAT({0}, 'dd/MM/yy')", "to_char({0}, 'DD/MM/YY')"),
                                                   ("CAST(CAST({0} AS TIMESTAMP(0)) AS STRING)", "to_char({0}, 'YYYY-MM-DD HH24:MI:SS')")]), b)
        if choice == 11:
            return differ("str", *self.rng.choice([("SPLIT_INDEX({0}, '-', 1)", "(string_to_array({0}, '-'))[2]"), ("SPLIT_INDEX({0}, 'o', 0)", "(string_to_array({0}, 'o'))[1]"),
                                                   ("REGEXP_REPLACE({0}, '[ao]+', '_')", "regexp_replace({0}, '[ao]+', '_', 'g')"),
                                                   ("REGEXP_EXTRACT({0}, '([a-z]+)', 1)", "(regexp_match({0}, '([a-z]+)'))[1]"),
                                                   ("REGEXP_EXTRACT({0}, '(.)[ab](.?)', 2)", "(regexp_match({0}, '(.)[ab](.?)'))[2]"), ("MD5({0})", "MD5({0})")]), a)
        if choice == 10:
            b = self.expression("str", columns, depth)
            return same("str", "CONCAT_WS('-', {0}, {1}, 'x')", a, b)
        if choice == 0:
            return same("str", "UPPER({0})", a)
        if choice == 1:
            return same("str", "LOWER({0})", a)
        if choice == 2:
            b = self.expression("str", columns, depth)
            return differ("str", self.rng.choice(["({0} || {1})", "CONCAT({0}, {1})"]), "({0} || {1})", a, b)
        if choice == 3:
            return same("str", f"SUBSTRING({{0}} FROM {self.rng.randint(1, 4)} FOR {self.rng.randint(0, 4)})", a)
        if choice == 4:
            return same("str", f"SUBSTRING({{0}} FROM {self.rng.randint(1, 4)})", a)
        if choice == 5:
            return same("str", self.rng.choice(["TRIM({0})", "TRIM(LEADING 'a' FROM {0})", "TRIM(TRAILING ' ' FROM {0})",
                                                "LTRIM({0})", "RTRIM({0})"]), a)
        if choice == 6:
            return same("str", f"REPLACE({{0}}, {quote(self.rng.choice(['a', 'oo', ' ']))}, {quote(self.rng.choice(['', 'X', 'yy']))})", a)
        if choice == 7:
            return same("str", self.rng.choice(["REVERSE({0})", "LEFT({0}, 2)", "RIGHT({0}, 2)", "LPAD({0}, 4, 'xy')",
                                                "RPAD({0}, 3, 'z')", "REPEAT({0}, 2)"]), a)
        if choice == 8:
            b = self.expression("bool", columns, depth)
            return differ("str", "CAST({0} AS STRING)", "UPPER(CAST({0} AS text))", b)
        b = self.expression(self.rng.choice(["int", "bigint", "date"]), columns, depth)
        return differ("str", "CAST({0} AS STRING)", "CAST({0} AS text)", b)

    def make_bool(self, columns, depth):
        e = lambda kind: self.expression(kind, columns, depth)
        choice = self.rng.randint(0, 11)
        if choice < 4:
            kind = self.rng.choice(["int", "bigint", "double", "dec", "str", "ts", "date"])
            operator = self.rng.choice(["=", "<>", "<", "<=", ">", ">="])
            return same("bool", f"({{0}} {operator} {{1}})", e(kind), e(kind))
        if choice == 4:
            return same("bool", "({0} AND {1})", e("bool"), e("bool"))
        if choice == 5:
            return same("bool", "({0} OR {1})", e("bool"), e("bool"))
        if choice == 6:
            return same("bool", "(NOT {0})", e("bool"))
        if choice == 7:
            kind = self.rng.choice(["int", "str", "bool", "double"])
            return same("bool", self.rng.choice(["({0} IS NULL)", "({0} IS NOT NULL)"]), e(kind))
        if choice == 8:
            return same("bool", "({0} IS " + self.rng.choice(["TRUE", "FALSE", "UNKNOWN", "NOT TRUE", "NOT FALSE", "NOT UNKNOWN"])
                        + ")", e("bool"))
        if choice == 9:
            kind = self.rng.choice(["int", "str"])
            parts = [e(kind)] + [self.literal(kind) for _ in range(3)]
            if self.chance(0.2):
                parts[3] = self.null(kind)
            negated = self.rng.choice(["", "NOT "])
            return same("bool", f"({{0}} {negated}IN ({{1}}, {{2}}, {{3}}))", *parts)
        if choice == 10:
            pattern = self.rng.choice(["a%", "%o%", "_b%", "%", "Foo%", "été", "%_本_"])
            operator = self.rng.choice(["LIKE", "NOT LIKE", "ILIKE"])
            return same("bool", f"({{0}} {operator} {quote(pattern)})", e("str"))
        kind = self.rng.choice(["int", "dec", "ts"])
        template = self.rng.choice(["({0} BETWEEN {1} AND {2})", "({0} NOT BETWEEN {1} AND {2})",
                                    "(({0} IS DISTINCT FROM {1}) OR ({0} IS NOT DISTINCT FROM {2}))"])
        return same("bool", template, e(kind), e(kind), e(kind))

    def make_ts(self, columns, depth):
        a = self.expression("ts", columns, depth)
        amount, unit = self.rng.choice([(1, "HOUR"), (90, "SECOND"), (2, "DAY"), (1, "MONTH")])
        choice = self.rng.randint(0, 2)
        if choice == 2:
            unit = self.rng.choice(["HOUR", "MINUTE", "DAY", "MONTH", "YEAR", "SECOND"])
            floor = f"date_trunc('{unit.lower()}', {{0}})"
            if self.chance(0.3):
                return differ("ts", f"CEIL({{0}} TO {unit})", f"(CASE WHEN {floor} = {{0}} THEN {{0}} ELSE {floor} + INTERVAL '1 {unit.lower()}' END)", a)
            return differ("ts", f"FLOOR({{0}} TO {unit})", floor, a)
        return same("ts", f"({{0}} {'+-'[choice]} INTERVAL '{amount}' {unit})", a)

    def make_date(self, columns, depth):
        if self.chance(0.4):
            a = self.expression("date", columns, depth)
            sign, amount, unit = self.rng.choice("+-"), *self.rng.choice([(1, "DAY"), (40, "DAY"), (1, "MONTH"), (1, "YEAR")])
            return differ("date", f"({{0}} {sign} INTERVAL '{amount}' {unit})", f"CAST({{0}} {sign} INTERVAL '{amount}' {unit} AS DATE)", a)
        a = self.expression("ts", columns, depth)
        return same("date", "CAST({0} AS DATE)", a)

    # ---- aggregates ----

    def aggregate(self, columns, allow_filter=True):
        choice = self.rng.randint(0, 10)
        distinct = "DISTINCT " if self.chance(0.2) else ""
        if choice == 10:
            return self.ordered_aggregate(columns)
        if choice == 0:
            result = same("bigint", "COUNT(*)")
        elif choice == 1:
            kind = self.rng.choice(["int", "str", "double", "ts", "bool"])
            result = same("bigint", f"COUNT({distinct}{{0}})", self.known(kind, columns))
        elif choice < 4:
            kind = self.rng.choice(NUMBERS if columns is TABLE_COLUMNS else ["int", "double"])
            result = same(kind, f"SUM({distinct}{{0}})", self.known(kind, columns))
        elif choice < 7:
            kind = self.rng.choice(["int", "double", "str", "ts"] + (["dec", "date"] if columns is TABLE_COLUMNS else []))
            result = same(kind, self.rng.choice(["MIN", "MAX"]) + "({0})", self.known(kind, columns))
        elif choice == 7:
            result = differ("int", f"AVG({distinct}{{0}})", f"TRUNC(AVG({distinct}{{0}}))", self.known("int", columns))
            if self.chance(0.5):
                result = same("double", f"AVG({distinct}{{0}})", self.known("double", columns))
                return result if not allow_filter or self.chance(0.6) else self.filtered(result, columns)
            if allow_filter and self.chance(0.3):
                condition = self.expression("bool", columns, 1)
                text = f" FILTER (WHERE {{0}})"
                ours = result.ours + text.format(condition.ours)
                postgres = result.postgres[:-1] + text.format(condition.postgres) + ")"
                return Expression("int", ours, postgres)
            return result
        elif choice == 8:
            name = self.rng.choice(["STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP"])
            result = same("double", name + "({0})", self.known("double", columns))
            result.kind = "deviation"
        else:
            result = differ("dec", f"AVG({distinct}{{0}})", f"AVG({distinct}{{0}})", self.known("dec", columns)) \
                if columns is TABLE_COLUMNS else same("bigint", "COUNT({0})", self.known("int", columns))
            if result.kind == "dec":
                result.kind = "average"
        if allow_filter and self.chance(0.25):
            return self.filtered(result, columns)
        return result

    def ordered_aggregate(self, columns):
        """Those that depend on the order of the input, which is the order of `id`; NULLs do not count."""
        if self.chance(0.5):
            return differ("str", "LISTAGG({0}, '+')", "STRING_AGG({0}, '+' ORDER BY id)", self.known("str", columns))
        kind = self.rng.choice(["int", "str", "double"])
        name, order = self.rng.choice([("FIRST_VALUE", "id"), ("LAST_VALUE", "id DESC")])
        return differ(kind, name + "({0})", f"(ARRAY_AGG(CAST({{0}} AS {PG_TYPES[kind]}) ORDER BY {order}) FILTER (WHERE {{0}} IS NOT NULL))[1]", self.known(kind, columns))

    def known(self, kind, columns):
        """An argument small enough to be summed up."""
        for _ in range(20):
            e = self.expression(kind, columns, self.rng.randint(0, 2))
            if e.bound <= 1e6:
                return e
        return self.leaf(kind, columns)

    def filtered(self, aggregate, columns):
        condition = self.expression("bool", columns, 1)
        result = differ(aggregate.kind, "{0} FILTER (WHERE {1})", "{0} FILTER (WHERE {1})", aggregate, condition)
        return result

    # ---- queries ----

    def query(self):
        roll = self.rng.random()
        if roll < 0.35:
            return self.plain()
        if roll < 0.65:
            return self.grouped()
        if roll < 0.85:
            return self.windowed()
        if roll < 0.93:
            return self.union()
        return self.nested()

    def where(self, columns):
        return self.expression("bool", columns, 2) if self.chance(0.6) else None

    @classmethod
    def assemble(cls, items, table, where, tail=("", "")):
        ours = ", ".join(f"{e.ours} AS x{i}" for i, e in enumerate(items))
        postgres = ", ".join(f"{e.postgres} AS x{i}" for i, e in enumerate(items))
        ours = f"SELECT {ours} FROM {table[0]}" + (f" WHERE {where.ours}" if where else "") + tail[0]
        postgres = f"SELECT {postgres} FROM {table[1]}" + (f" WHERE {where.postgres}" if where else "") + tail[1]
        query = Query(ours, postgres, [e.kind for e in items])
        query.parts = (items, where, lambda fewer, condition: cls.assemble(fewer, table, condition, tail))
        return query

    def table(self):
        name = self.rng.choices(["t1", "t2", "t0"], [8, 8, 1])[0]
        return name, name

    def order(self, query, total):
        """ORDER BY some columns; `total`: the last one is unique, so that the order and LIMIT are determined."""
        keys = [f"x{i}" for i in self.rng.sample(range(len(query.kinds)), self.rng.randint(1, len(query.kinds)))]
        if total is not None and total not in keys:
            keys.append(total)
        text = ", ".join(f"{key} {self.rng.choice(['ASC', 'DESC'])} {self.rng.choice(['NULLS FIRST', 'NULLS LAST'])}"
                         for key in keys)
        query.append(f" ORDER BY {text}")
        if total is None:
            return query
        query.ordered = True
        if self.chance(0.6):
            query.append(f" LIMIT {self.rng.randint(0, 20)}")
            if self.chance(0.3):
                query.append(f" OFFSET {self.rng.randint(0, 10)}")
        return query

    def plain(self):
        kinds = [self.rng.choice(NUMBERS + ["str", "str", "bool", "ts", "date"]) for _ in range(self.rng.randint(1, 4))]
        items = [same("bigint", "id")] + [self.expression(kind, TABLE_COLUMNS, self.rng.randint(1, 4)) for kind in kinds]
        query = self.assemble(items, self.table(), self.where(TABLE_COLUMNS))
        if self.chance(0.1):
            few = [self.expression(kind, TABLE_COLUMNS, 1) for kind in kinds[:2]]
            query = self.assemble(few, self.table(), self.where(TABLE_COLUMNS))
            return query.replace("SELECT ", "SELECT DISTINCT ")
        return self.order(query, "x0") if self.chance(0.35) else query

    @staticmethod
    def reads_column(expression):
        words = re.findall(r"\b\w+\b", re.sub(r"'(?:[^']|'')*'", "", expression.ours))
        return any(name in words for name, _ in TABLE_COLUMNS)

    def grouped(self):
        keys = [self.expression(self.rng.choice(["int", "str", "bool", "date"]), TABLE_COLUMNS, self.rng.randint(0, 2))
                for _ in range(self.rng.randint(0, 2))]
        keys = [key for key in keys if self.reads_column(key)]
        if self.chance(0.4):
            keys = [same("str", "c")]
        aggregates = [self.aggregate(TABLE_COLUMNS) for _ in range(self.rng.randint(1, 4))]
        tail = ["", ""]
        if keys:
            tail = [" GROUP BY " + ", ".join(k.ours for k in keys), " GROUP BY " + ", ".join(k.postgres for k in keys)]
        if self.chance(0.25):
            having = differ("bool", "{0} > 1", "{0} > 1", same("bigint", "COUNT(*)"))
            if self.chance(0.5):
                kind = self.rng.choice(["int", "str"])
                having = same("bool", "(MIN({0}) < {1} OR COUNT({2}) >= 3)", self.known(kind, TABLE_COLUMNS), self.literal(kind), self.known("int", TABLE_COLUMNS))
            tail = [tail[0] + " HAVING " + having.ours, tail[1] + " HAVING " + having.postgres]
        return self.assemble(keys + aggregates, self.table(), self.where(TABLE_COLUMNS), tail)

    def windowed(self):
        size = self.rng.choice([1, 2, 5, 10, 60])
        by_key = self.chance(0.6)
        aggregates = [self.aggregate(EVENT_COLUMNS) for _ in range(self.rng.randint(1, 3))]
        where = self.where(EVENT_COLUMNS)
        key = [same("str", "k")] if by_key else []
        form = self.rng.choice(["tumble", "tumble", "hop", "cumulate", "session"])
        return getattr(self, "window_" + form)(size, key, aggregates, where)

    BIN = "date_bin('{0} seconds', ts, TIMESTAMP '1970-01-01')"

    def window_query(self, key, aggregates, where, ours_table, postgres_table):
        items = [same("ts", "window_start"), same("ts", "window_end")] + key + aggregates
        group = " GROUP BY " + ", ".join(["window_start", "window_end"] + [k.ours for k in key])
        return self.assemble(items, (ours_table, postgres_table), where, (group, group))

    def window_tumble(self, size, key, aggregates, where):
        start = self.BIN.format(size)
        if self.chance(0.5):  # the GROUP BY form
            bounds = [differ("ts", f"TUMBLE_START(ts, INTERVAL '{size}' SECOND)", start),
                      differ("ts", f"TUMBLE_END(ts, INTERVAL '{size}' SECOND)", f"{start} + INTERVAL '{size} seconds'")]
            group = ", ".join([k.ours for k in key] + [f"TUMBLE(ts, INTERVAL '{size}' SECOND)"])
            pg_group = ", ".join([k.postgres for k in key] + [start])
            return self.assemble(bounds + key + aggregates, ("e", "e"), where, (f" GROUP BY {group}", f" GROUP BY {pg_group}"))
        if size > 1 and self.chance(0.3):  # windows that start a second later
            start = self.BIN.format(size).replace("1970-01-01", "1970-01-01 00:00:01")
            return self.window_query(key, aggregates, where,
                                     f"TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '{size}' SECOND, INTERVAL '1' SECOND))",
                                     f"(SELECT *, {start} AS window_start, {start} + INTERVAL '{size} seconds' AS window_end FROM e) AS e")
        return self.window_query(key, aggregates, where,
                                 f"TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '{size}' SECOND))",
                                 f"(SELECT *, {start} AS window_start, {start} + INTERVAL '{size} seconds' AS window_end "
                                 "FROM e) AS e")

    def window_hop(self, slide, key, aggregates, where):
        count = self.rng.randint(2, 5)
        size = slide * count
        first = self.BIN.format(slide)
        return self.window_query(key, aggregates, where,
                                 f"TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '{slide}' SECOND, INTERVAL '{size}' SECOND))",
                                 f"(SELECT e.*, s AS window_start, s + INTERVAL '{size} seconds' AS window_end FROM e, LATERAL "
                                 f"generate_series({first} - INTERVAL '{size - slide} seconds', {first}, "
                                 f"INTERVAL '{slide} seconds') AS s) AS e")

    def window_cumulate(self, step, key, aggregates, where):
        count = self.rng.randint(2, 5)
        size = step * count
        start = self.BIN.format(size)
        return self.window_query(key, aggregates, where,
                                 f"TABLE(CUMULATE(TABLE e, DESCRIPTOR(ts), INTERVAL '{step}' SECOND, INTERVAL '{size}' SECOND))",
                                 f"(SELECT e.*, {start} AS window_start, t AS window_end FROM e, LATERAL "
                                 f"generate_series({self.BIN.format(step)} + INTERVAL '{step} seconds', "
                                 f"{start} + INTERVAL '{size} seconds', INTERVAL '{step} seconds') AS t) AS e")

    def window_session(self, gap, key, aggregates, where):
        """The condition belongs before the sessions are formed: both read a filtered table."""
        partition = "PARTITION BY k " if key else ""
        filtered = [f"(SELECT * FROM e WHERE {where.ours})", f"(SELECT * FROM e WHERE {where.postgres}) AS f"] if where else ["e", "e"]
        opens = (f"CASE WHEN ts - LAG(ts) OVER ({partition}ORDER BY ts, id) <= INTERVAL '{gap} seconds' THEN 0 ELSE 1 END")
        numbered = f"(SELECT *, {opens} AS o FROM {filtered[1]}) AS a"
        sessions = f"(SELECT *, SUM(o) OVER ({partition}ORDER BY ts, id) AS n FROM {numbered}) AS b"
        group = ", ".join([k.ours for k in key] + [f"SESSION(ts, INTERVAL '{gap}' SECOND)"])
        pg_group = ", ".join([k.postgres for k in key] + ["n"])
        bounds = [differ("ts", f"SESSION_START(ts, INTERVAL '{gap}' SECOND)", "MIN(ts)"),
                  differ("ts", f"SESSION_END(ts, INTERVAL '{gap}' SECOND)", f"MAX(ts) + INTERVAL '{gap} seconds'")]
        source = "e" if not where else f"{filtered[0]} AS f"
        return self.assemble(bounds + key + aggregates, (source, sessions), None, (f" GROUP BY {group}", f" GROUP BY {pg_group}"))

    def union(self):
        kinds = [self.rng.choice(["int", "str", "bool", "bigint", "double"]) for _ in range(self.rng.randint(1, 3))]
        parts = []
        for _ in range(self.rng.randint(2, 3)):
            items = [self.expression(kind, TABLE_COLUMNS, 1) for kind in kinds]
            parts.append(self.assemble(items, self.table(), self.where(TABLE_COLUMNS)))
        return Query(" UNION ALL ".join(p.ours for p in parts), " UNION ALL ".join(p.postgres for p in parts), kinds)

    def nested(self):
        kinds = ["bigint", "int", "str", "double"]
        items = [same("bigint", "id")]
        for kind in kinds[1:]:  # the outer query takes them for columns, so they must be as small as columns are
            item = self.expression(kind, TABLE_COLUMNS, 2)
            items.append(item if item.bound <= BOUNDS.get(kind, 0) else self.leaf(kind, TABLE_COLUMNS))
        inner = self.assemble(items, self.table(), self.where(TABLE_COLUMNS))
        columns = [("x0", "bigint"), ("x1", "int"), ("x2", "str"), ("x3", "double")]
        if self.chance(0.5):
            outer = [self.expression(self.rng.choice(["int", "str", "bool"]), columns, 2) for _ in range(2)]
            return self.assemble(outer, (f"({inner.ours}) AS q", f"({inner.postgres}) AS q"), self.where(columns))
        aggregates = [same("bigint", "COUNT(*)"), same("int", "SUM(x1)") if items[1].bound <= 1e6 else same("int", "MAX(x1)"),
                      same("str", "MIN(x2)")]
        key = [same("str", "x2")]
        return self.assemble(key + aggregates, (f"({inner.ours}) AS q", f"({inner.postgres}) AS q"), self.where(columns),
                             (" GROUP BY x2", " GROUP BY x2"))


class Query:
    def __init__(self, ours, postgres, kinds):
        self.ours, self.postgres, self.kinds, self.ordered, self.parts = ours, postgres, kinds, False, None

    def append(self, text):
        self.parts = None
        self.ours += text
        self.postgres += text

    def replace(self, old, new):
        self.parts = None
        self.ours, self.postgres = self.ours.replace(old, new, 1), self.postgres.replace(old, new, 1)
        return self
