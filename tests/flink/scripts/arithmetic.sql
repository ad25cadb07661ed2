-- Numbers: literals, result types, division, decimals.
SELECT 1, -1, 2147483647, 2147483648, -2147483648, 1.5, 0.001, 1e0, 1.5E2, -0.5, .5, 1., 'a', '', TRUE;
-- differs: accepted here, refused by Flink
SELECT NULL;
-- differs: a whole number beyond BIGINT is a DECIMAL here
SELECT 12345678901234567890;
SELECT 1 + 2, 1 - 2, 2 * 3, 7 / 2, -7 / 2, 7 % 3, -7 % 3, MOD(-7, 3), 7 / 2.0, 7.0 / 2, 1 / 3.0, 10 / 4 * 4;
SELECT 1.5 + 2.25, 1.5 - 2.25, 1.5 * 2.25, 1.5 / 2.25, 1.50 % 0.4, 10.00 / 3.000, 1 + 1.5, 2 * 1.5;
SELECT CAST(1 AS TINYINT) + CAST(2 AS TINYINT), CAST(1 AS SMALLINT) + 1, CAST(1 AS BIGINT) + 1, CAST(1 AS FLOAT) + 1, CAST(1 AS DOUBLE) + 1, CAST(1 AS TINYINT) * CAST(2 AS SMALLINT);
-- differs: FLOAT with DOUBLE is DOUBLE here; Flink takes the first argument's type
SELECT CAST(1 AS FLOAT) * CAST(2 AS DOUBLE);
SELECT CAST(1 AS BIGINT) + 1.5, CAST(2 AS TINYINT) * 1.5, CAST(1.5 AS DOUBLE) + 1.5, CAST(1.5 AS FLOAT) + 1.5, 1.5 / CAST(2 AS BIGINT), CAST(7 AS BIGINT) / CAST(2 AS INT), CAST(7 AS TINYINT) % CAST(4 AS BIGINT);
SELECT CAST(1 AS DECIMAL(10, 2)) + CAST(2 AS DECIMAL(12, 4)), CAST(1 AS DECIMAL(10, 2)) - CAST(2 AS DECIMAL(12, 4)), CAST(1 AS DECIMAL(10, 2)) * CAST(2 AS DECIMAL(12, 4)), CAST(1 AS DECIMAL(10, 2)) / CAST(2 AS DECIMAL(12, 4)), CAST(1 AS DECIMAL(10, 2)) % CAST(3 AS DECIMAL(12, 4));
SELECT CAST(1 AS DECIMAL(38, 10)) + CAST(2 AS DECIMAL(38, 20)), CAST(1 AS DECIMAL(38, 10)) * CAST(2 AS DECIMAL(38, 20)), CAST(1 AS DECIMAL(38, 10)) / CAST(3 AS DECIMAL(38, 20)), CAST(1 AS DECIMAL(20, 0)) * CAST(2 AS DECIMAL(20, 0)), CAST(1 AS DECIMAL(30, 15)) / CAST(7 AS DECIMAL(20, 3));
SELECT 0.1 + 0.2, 1.0 * 1.0, 0.1 * 0.1 * 0.1, 1e0 / 3, 1e308 * 10, -1e308 * 10, 1e-320 / 1e10;
-- differs: IEEE 754 here as in Flink's rows; Flink's planner refuses to fold the constant
SELECT 1e0 / 0e0;
-- differs: IEEE 754 here as in Flink's rows; Flink's planner refuses to fold the constant
SELECT 0e0 / 0e0;
SELECT -CAST(5 AS TINYINT), +5, - -5, -1.50, -(1 + 2);
SELECT ABS(-5), ABS(-5.25), ABS(CAST(-5.5 AS DOUBLE)), SIGN(-3), SIGN(-3.5), SIGN(CAST(2.5 AS DOUBLE)), ABS(CAST(-5 AS SMALLINT));
SELECT 1 = 1, 1 = 1.0, 1 < 1.5, CAST(1 AS DOUBLE) = 1, 2 BETWEEN 1 AND 3, 2 NOT BETWEEN 1 AND 3, 1 <> 2, 3 IN (1, 2, 3), 4 NOT IN (1, 2), 1.5 IN (1, 1.5);
-- differs: accepted here, refused by Flink
SELECT 1 != 2;
SELECT 1 / 0;
SELECT 1 % 0;
SELECT 1.5 / 0;
SELECT 9223372036854775807, 999999999999999999999999999999999999999;
-- differs: a whole number beyond BIGINT is a DECIMAL here
SELECT 99999999999999999999999999999999999999;
-- differs: ours reports overflow, Flink wraps round silently
SELECT 2147483647 + 1;
-- differs: ours reports overflow, Flink wraps round silently
SELECT CAST(9223372036854775807 AS BIGINT) + CAST(1 AS BIGINT);
SELECT a + b, a - b, a * b, a / b, a % b, c + d, c * d, c / d, a + c, e / a, -a, -c, e + c FROM (VALUES (1, 2, 1.25, 2.5, 1e0), (7, -3, -1.25, 0.5, 2.5e0), (CAST(NULL AS INT), 1, 3.75, 0.1, 0.5e0)) AS t(a, b, c, d, e);
