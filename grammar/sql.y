/* sql.y: the grammar of the dialect (lemon).
 *
 * Each action is one call of a builder; what a construct means is theirs. The grammar has no conflicts and no
 * fallback tokens: whether a soft keyword is meant as a word or as a name is decided before a token gets here
 * (drive.c), by asking the tables which of the two can go on.
 */
%name sql_machine
%token_prefix TOKEN_
%token_type {struct sql_token}
%default_type {int}
%extra_context {struct builder *build}
%stack_size 0
%start_symbol input

%include {
#include "grammar/build.h"
#include "grammar/build_call.h"
#include "grammar/build_command.h"
#include "grammar/build_expression.h"
#include "grammar/build_json.h"
#include "grammar/build_literal.h"
#include "grammar/build_match.h"
#include "grammar/build_query.h"
#include "grammar/build_relation.h"
#include "grammar/build_statement.h"
#include "grammar/build_table.h"
#include "grammar/build_type.h"
#include "grammar/machine.h"
#include "grammar/sql.h"

#define YYNOERRORRECOVERY 1
}

%syntax_error { build_refuse(build, yyminor); }
%stack_overflow { build_too_deep(build, build->end); }

/* Error messages list expected tokens in this order, and then as they come. */
%token FROM WHERE GROUP HAVING ORDER LIMIT SELECT INSERT CREATE SET SHOW EXPLAIN DESCRIBE DROP ALTER WITH.
%token TABLE VIEW INTO VALUES BY AS ON USING.

/* Lowest first. */
%left OR.
%left AND.
%right NOT.
%left UNION EXCEPT.
%left INTERSECT.
%left JOIN CROSS INNER LEFT RIGHT FULL NATURAL ASOF.
%left PLUS MINUS.
%left STAR SLASH PERCENT CONCAT.
%left AT.
%right SIGN.
%left CAST_OPERATOR.
%nonassoc SUBQUERY.
%nonassoc RIGHT_PAREN ORDER TO IGNORE RESPECT.

%type statement {struct ast_statement *}
input ::= statement(S). { build_finish(build, S); }

/* --- names --- */

%type name {struct ast_name}
%type names {struct ast_names *}
%type name_list {struct ast_names *}
%type name_list_in_parens {struct ast_names *}
name(A) ::= NAME|QUOTED_NAME(T). { A = build_name(build, T); }
names(A) ::= name(N). { A = build_names(build, NULL, N); }
names(A) ::= names(L) DOT name(N). { A = build_names(build, L, N); }
name_list(A) ::= name(N). { A = build_names(build, NULL, N); }
name_list(A) ::= name_list(L) COMMA name(N). { A = build_names(build, L, N); }
name_list_in_parens(A) ::= LEFT_PAREN name_list(L) RIGHT_PAREN. { A = L; }

%type columns {struct ast_names *}
columns(A) ::= . { A = build_no_names(build); }
columns(A) ::= name_list_in_parens(L). { A = L; }

/* --- types --- */

%type type {struct ast_type *}
%type plain_type {struct ast_type *}
%type base_type {struct ast_type *}
%type zone {enum build_zone}
%type fields {struct ast_fields *}
%type field {struct ast_field}
type(A) ::= plain_type(T). { A = T; }
type(A) ::= plain_type(T) NULL. { A = build_type_nullable(build, T, true); }
type(A) ::= plain_type(T) NOT NULL. { A = build_type_nullable(build, T, false); }
plain_type(A) ::= base_type(T). { A = T; }
plain_type(A) ::= plain_type(T) ARRAY. { A = build_type_of(build, AST_TYPE_ARRAY, T->position, NULL, T); }
plain_type(A) ::= plain_type(T) MULTISET. { A = build_type_of(build, AST_TYPE_MULTISET, T->position, NULL, T); }

base_type(A) ::= names(N) zone(Z). { A = build_type_named(build, N, NULL, NULL, Z); }
base_type(A) ::= names(N) LEFT_PAREN INTEGER(P) RIGHT_PAREN zone(Z). { A = build_type_named(build, N, &P, NULL, Z); }
base_type(A) ::= names(N) LEFT_PAREN INTEGER(P) COMMA INTEGER(S) RIGHT_PAREN. {
    A = build_type_named(build, N, &P, &S, BUILD_ZONE_NONE); }
base_type(A) ::= names(N) LEFT_PAREN STRING(C) COMMA STRING(S) RIGHT_PAREN. { A = build_type_raw(build, N, C, S); }
base_type(A) ::= names(N) PRECISION. { A = build_type_named(build, N, NULL, NULL, BUILD_ZONE_PRECISION); }
base_type(A) ::= names(N) VARYING. { A = build_type_named(build, N, NULL, NULL, BUILD_ZONE_VARYING); }
base_type(A) ::= names(N) VARYING LEFT_PAREN INTEGER(P) RIGHT_PAREN. {
    A = build_type_named(build, N, &P, NULL, BUILD_ZONE_VARYING); }
base_type(A) ::= ROW(K) LESS fields(F) GREATER. { A = build_type_row(build, K, F); }
base_type(A) ::= ROW(K) NOT_EQUAL. { A = build_type_row(build, K, NULL); }
base_type(A) ::= ROW(K) LEFT_PAREN fields(F) RIGHT_PAREN. { A = build_type_row(build, K, F); }
base_type(A) ::= ARRAY(K) LESS type(T) GREATER. { A = build_type_of(build, AST_TYPE_ARRAY, K.position, NULL, T); }
base_type(A) ::= MULTISET(K) LESS type(T) GREATER. { A = build_type_of(build, AST_TYPE_MULTISET, K.position, NULL, T); }
base_type(A) ::= MAP(K) LESS type(L) COMMA type(R) GREATER. { A = build_type_of(build, AST_TYPE_MAP, K.position, L, R); }
base_type(A) ::= INTERVAL(K) interval_units(U). { A = build_type_interval(build, K, U); }
base_type(A) ::= NULL(K). { A = build_type_simple(build, K, AST_TYPE_NULL); }

/* WITH_ZONE is WITH before TIME or LOCAL (drive.c): after a type another WITH may follow. */
zone(A) ::= . { A = BUILD_ZONE_NONE; }
zone(A) ::= WITH_ZONE TIME ZONE. { A = BUILD_ZONE_WITH; }
zone(A) ::= WITH_ZONE LOCAL TIME ZONE. { A = BUILD_ZONE_LOCAL; }
zone(A) ::= WITHOUT_ZONE TIME ZONE. { A = BUILD_ZONE_WITHOUT; }

fields(A) ::= field(F). { A = build_fields(build, NULL, F); }
fields(A) ::= fields(L) COMMA field(F). { A = build_fields(build, L, F); }
field(A) ::= name(N) type(T). { A = build_field(build, N, T, NULL); }
field(A) ::= name(N) type(T) STRING(C). { A = build_field(build, N, T, &C); }

%type unit {struct sql_token}
%type interval_units {struct build_units}
unit(A) ::= YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND|MILLISECOND|MICROSECOND|NANOSECOND|MILLENNIUM|CENTURY
    |DECADE|ISOYEAR|DOW|ISODOW|DOY|EPOCH(U). { A = U; }
interval_units(A) ::= unit(U) unit_precision(P). [SUBQUERY] { A = build_units(U, P, NULL, -1); }
interval_units(A) ::= unit(U) unit_precision(P) TO unit(V) unit_precision(Q). { A = build_units(U, P, &V, Q); }
unit_precision(A) ::= . { A = -1; }
unit_precision(A) ::= LEFT_PAREN INTEGER(P) RIGHT_PAREN. { A = build_precision(build, P); }

/* --- expressions: expr (logic) > predicate > value (arithmetic) > primary --- */

%type expr {struct ast_expression *}
%type predicate {struct ast_expression *}
%type value {struct ast_expression *}
%type primary {struct ast_expression *}
%type other {struct ast_expression *}
%type literal {struct ast_expression *}
%type escape {struct ast_expression *}
%type comparison {struct sql_token}
%type matching {struct sql_token}
%type expr_list {struct ast_expressions *}
expr_list(A) ::= expr(E). { A = build_expressions(build, NULL, E); }
expr_list(A) ::= expr_list(L) COMMA expr(E). { A = build_expressions(build, L, E); }

expr(A) ::= expr(L) OR(O) expr(R). { A = build_chain(build, O, L, R); }
expr(A) ::= expr(L) AND(O) expr(R). { A = build_chain(build, O, L, R); }
expr(A) ::= NOT(O) expr(E). { A = build_not(build, O.position, E); }
expr(A) ::= predicate(P). { A = P; }

predicate(A) ::= predicate(L) OVERLAPS(O) value(R). { A = build_binary(build, O, L, R); }
comparison(A) ::= EQUAL|NOT_EQUAL|LESS|LESS_EQUAL|GREATER|GREATER_EQUAL(O). { A = O; }
matching(A) ::= LIKE|ILIKE|RLIKE(O). { A = O; }
matching(A) ::= SIMILAR(O) TO. { A = O; }
escape(A) ::= . { A = NULL; }
escape(A) ::= ESCAPE value(E). { A = E; }

predicate(A) ::= value(V). { A = V; }
predicate(A) ::= predicate(L) comparison(O) value(R). { A = build_binary(build, O, L, R); }
predicate(A) ::= predicate(L) comparison(O) quantifier(Q) query_in_parens(S). {
    A = build_quantified(build, L, O, Q, NULL, S); }
predicate(A) ::= predicate(L) comparison(O) quantifier(Q) LEFT_PAREN expr_list(E) RIGHT_PAREN. {
    A = build_quantified(build, L, O, Q, E, NULL); }
predicate(A) ::= predicate(L) matching(O) value(R) escape(E). { A = build_matching(build, O, L, R, E, false); }
predicate(A) ::= predicate(L) NOT matching(O) value(R) escape(E). { A = build_matching(build, O, L, R, E, true); }
predicate(A) ::= predicate(L) BETWEEN symmetric(S) value(F) AND value(T). { A = build_between(build, L, S, F, T, false); }
predicate(A) ::= predicate(L) NOT BETWEEN symmetric(S) value(F) AND value(T). {
    A = build_between(build, L, S, F, T, true); }
predicate(A) ::= predicate(L) IN query_in_parens(S). { A = build_in(build, L, NULL, S, false); }
predicate(A) ::= predicate(L) NOT IN query_in_parens(S). { A = build_in(build, L, NULL, S, true); }
predicate(A) ::= predicate(L) IN LEFT_PAREN expr_list(E) RIGHT_PAREN. { A = build_in(build, L, E, NULL, false); }
predicate(A) ::= predicate(L) NOT IN LEFT_PAREN expr_list(E) RIGHT_PAREN. { A = build_in(build, L, E, NULL, true); }
predicate(A) ::= predicate(L) IS not(N) NULL|TRUE|FALSE|UNKNOWN(O). { A = build_is(build, L, N, O); }
predicate(A) ::= predicate(L) IS not(N) JSON json_kind(K). { A = build_is_json(build, L, N, K); }
predicate(A) ::= predicate(L) IS not(N) DISTINCT FROM value(R). { A = build_is_distinct(build, L, N, R); }

not(A) ::= . { A = false; }
not(A) ::= NOT. { A = true; }
symmetric(A) ::= . { A = false; }
symmetric(A) ::= ASYMMETRIC. { A = false; }
symmetric(A) ::= SYMMETRIC. { A = true; }
%type quantifier {enum ast_quantifier}
quantifier(A) ::= ANY|SOME. { A = AST_ANY; }
quantifier(A) ::= ALL. { A = AST_ALL; }
%type json_kind {const char *}
json_kind(A) ::= . { A = "value"; }
json_kind(A) ::= VALUE. { A = "value"; }
json_kind(A) ::= SCALAR. { A = "scalar"; }
json_kind(A) ::= ARRAY. { A = "array"; }
json_kind(A) ::= OBJECT. { A = "object"; }

value(A) ::= primary(P). { A = P; }
value(A) ::= value(L) PLUS|MINUS(O) value(R). { A = build_binary(build, O, L, R); }
value(A) ::= value(L) STAR|SLASH|PERCENT(O) value(R). { A = build_binary(build, O, L, R); }
value(A) ::= value(L) CONCAT(O) value(R). { A = build_chain(build, O, L, R); }
value(A) ::= value(L) AT TIME ZONE value(R). [AT] { A = build_at_time_zone(build, L, R); }
value(A) ::= PLUS|MINUS(O) value(E). [SIGN] { A = build_sign(build, O, E); }
value(A) ::= value(V) CAST_OPERATOR plain_type(T). { A = build_cast(build, V->position, V, T, false); }

primary(A) ::= names(N). { A = build_column(build, N); }
primary(A) ::= literal(L). { A = L; }
primary(A) ::= other(E). { A = E; }

literal(A) ::= INTEGER|DECIMAL|DOUBLE(T). { A = build_number(build, T); }
literal(A) ::= DURATION(T). { A = build_duration(build, T); }
literal(A) ::= STRING|ESCAPE_STRING|BYTES(T). { A = build_string_literal(build, T); }
literal(A) ::= UNICODE_STRING(T). { A = build_unicode_literal(build, T, NULL); }
literal(A) ::= UNICODE_STRING(T) UESCAPE STRING(E). { A = build_unicode_literal(build, T, &E); }
literal(A) ::= NULL|TRUE|FALSE(T). { A = build_constant(build, T); }
literal(A) ::= DATE|TIME|TIMESTAMP|TIMESTAMP_LTZ(K) STRING(T). { A = build_datetime(build, K, T); }
literal(A) ::= INTERVAL(K) STRING(T). { A = build_interval(build, K, NULL, T, NULL); }
literal(A) ::= INTERVAL(K) STRING(T) interval_units(U). { A = build_interval(build, K, NULL, T, &U); }
literal(A) ::= INTERVAL(K) INTEGER|DECIMAL(T) interval_units(U). { A = build_interval(build, K, NULL, T, &U); }
literal(A) ::= INTERVAL(K) PLUS|MINUS(O) STRING|INTEGER|DECIMAL(T) interval_units(U). {
    A = build_interval(build, K, &O, T, &U); }

/* `other` is what a subscript or a field name may follow. */
other(A) ::= LEFT_PAREN(P) expr(E) RIGHT_PAREN. { A = build_parens(build, P, E); }
other(A) ::= LEFT_PAREN(P) expr(E) RIGHT_PAREN interval_units(U). [SUBQUERY] { A = build_difference(build, P, E, U); }
other(A) ::= query_in_parens(Q). [SUBQUERY] { A = build_subquery(build, Q); }
other(A) ::= names(N) LEFT_BRACKET expr(I) RIGHT_BRACKET. { A = build_element(build, build_column(build, N), I); }
other(A) ::= other(E) LEFT_BRACKET expr(I) RIGHT_BRACKET. { A = build_element(build, E, I); }
other(A) ::= other(E) DOT name(N). { A = build_field_access(build, E, N); }
other(A) ::= LEFT_PAREN(P) expr(E) COMMA expr_list(L) RIGHT_PAREN. { A = build_row(build, P, E, L); }
other(A) ::= ROW(K) LEFT_PAREN RIGHT_PAREN. { A = build_constructor(build, K, NULL); }
other(A) ::= ROW(K) LEFT_PAREN expr_list(L) RIGHT_PAREN. { A = build_constructor(build, K, L); }
other(A) ::= ARRAY|MAP|MULTISET(K) LEFT_BRACKET RIGHT_BRACKET. { A = build_constructor(build, K, NULL); }
other(A) ::= ARRAY|MAP|MULTISET(K) LEFT_BRACKET expr_list(L) RIGHT_BRACKET. { A = build_constructor(build, K, L); }
other(A) ::= EXISTS(K) query_in_parens(Q). { A = build_exists(build, K, Q); }
other(A) ::= CASE(K) case_operand(O) whens(W) otherwise(E) END. { A = build_case(build, K, O, W, E); }
other(A) ::= CAST(K) LEFT_PAREN expr(E) AS type(T) RIGHT_PAREN. { A = build_cast(build, K.position, E, T, false); }
other(A) ::= TRY_CAST(K) LEFT_PAREN expr(E) AS type(T) RIGHT_PAREN. { A = build_cast(build, K.position, E, T, true); }

%type case_operand {struct ast_expression *}
%type otherwise {struct ast_expression *}
%type whens {struct ast_whens *}
case_operand(A) ::= . { A = NULL; }
case_operand(A) ::= expr(E). { A = E; }
otherwise(A) ::= . { A = NULL; }
otherwise(A) ::= ELSE expr(E). { A = E; }
whens(A) ::= WHEN expr(C) THEN expr(R). { A = build_whens(build, NULL, C, R); }
whens(A) ::= whens(L) WHEN expr(C) THEN expr(R). { A = build_whens(build, L, C, R); }

/* --- calls with a syntax of their own --- */

other(A) ::= NILADIC(K). { A = build_niladic(build, K); }
other(A) ::= EXTRACT(K) LEFT_PAREN unit(U) FROM expr(E) RIGHT_PAREN. {
    A = build_special(build, K, NULL, build_unit(build, U), E, NULL, NULL); }
other(A) ::= FLOOR|CEIL(K) LEFT_PAREN expr(E) RIGHT_PAREN. { A = build_special(build, K, NULL, E, NULL, NULL, NULL); }
other(A) ::= FLOOR|CEIL(K) LEFT_PAREN expr(E) TO unit(U) RIGHT_PAREN. {
    A = build_special(build, K, NULL, E, build_unit(build, U), NULL, NULL); }
other(A) ::= TIMESTAMPADD|TIMESTAMPDIFF(K) LEFT_PAREN unit(U) COMMA expr(E) COMMA expr(F) RIGHT_PAREN. {
    A = build_special(build, K, NULL, build_unit(build, U), E, F, NULL); }
other(A) ::= POSITION(K) LEFT_PAREN value(V) IN value(W) RIGHT_PAREN. {
    A = build_special(build, K, NULL, V, W, NULL, NULL); }
other(A) ::= SUBSTRING(K) LEFT_PAREN expr_list(L) RIGHT_PAREN. { A = build_plain_call(build, K, L); }
other(A) ::= SUBSTRING(K) LEFT_PAREN expr(E) FROM expr(F) RIGHT_PAREN. {
    A = build_special(build, K, NULL, E, F, NULL, NULL); }
other(A) ::= SUBSTRING(K) LEFT_PAREN expr(E) FROM expr(F) FOR expr(G) RIGHT_PAREN. {
    A = build_special(build, K, NULL, E, F, G, NULL); }
other(A) ::= OVERLAY(K) LEFT_PAREN expr_list(L) RIGHT_PAREN. { A = build_plain_call(build, K, L); }
other(A) ::= OVERLAY(K) LEFT_PAREN expr(E) PLACING expr(F) FROM expr(G) RIGHT_PAREN. {
    A = build_special(build, K, NULL, E, F, G, NULL); }
other(A) ::= OVERLAY(K) LEFT_PAREN expr(E) PLACING expr(F) FROM expr(G) FOR expr(H) RIGHT_PAREN. {
    A = build_special(build, K, NULL, E, F, G, H); }
other(A) ::= TRIM(K) LEFT_PAREN expr_list(L) RIGHT_PAREN. { A = build_plain_call(build, K, L); }
other(A) ::= TRIM(K) LEFT_PAREN expr(C) FROM expr(E) RIGHT_PAREN. { A = build_special(build, K, NULL, E, C, NULL, NULL); }
other(A) ::= TRIM(K) LEFT_PAREN trim_side(S) FROM expr(E) RIGHT_PAREN. {
    A = build_special(build, K, S, E, NULL, NULL, NULL); }
other(A) ::= TRIM(K) LEFT_PAREN trim_side(S) expr(C) FROM expr(E) RIGHT_PAREN. {
    A = build_special(build, K, S, E, C, NULL, NULL); }
%type trim_side {const char *}
trim_side(A) ::= BOTH. { A = "trim"; }
trim_side(A) ::= LEADING. { A = "ltrim"; }
trim_side(A) ::= TRAILING. { A = "rtrim"; }

/* --- calls --- */

%type call {struct ast_expression *}
%type plain_call {struct ast_expression *}
%type argument {struct ast_argument}
%type argument_value {struct ast_expression *}
%type arguments {struct ast_arguments *}
%type call_order {struct ast_sort_items *}
%type call_nulls {enum build_nulls}
%type within_group {struct ast_sort_items *}
%type filter {struct ast_expression *}
%type over {struct ast_window *}
other(A) ::= call(C). { A = C; }
call(A) ::= plain_call(C) within_group(G) call_nulls(N) filter(F) over(O). {
    A = build_call_clauses(build, C, G, N, F, O); }
plain_call(A) ::= names(N) LEFT_PAREN RIGHT_PAREN. { A = build_call(build, N, NULL); }
plain_call(A) ::= names(N) LEFT_PAREN STAR(S) RIGHT_PAREN. { A = build_call_star(build, N, S); }
plain_call(A) ::= names(N) LEFT_PAREN distinct(D) arguments(L) call_nulls(K) call_order(O) RIGHT_PAREN. {
    A = build_call_nulls(build_call_ordered(build, N, D, L, O), K); }

distinct(A) ::= . { A = false; }
distinct(A) ::= ALL. { A = false; }
distinct(A) ::= DISTINCT. { A = true; }
arguments(A) ::= argument(E). { A = build_arguments(build, NULL, E); }
arguments(A) ::= arguments(L) COMMA argument(E). { A = build_arguments(build, L, E); }
argument(A) ::= argument_value(E). { A = build_argument(NULL, E); }
argument(A) ::= name(N) ARROW argument_value(E). { A = build_argument(&N, E); }
argument_value(A) ::= expr(E). { A = E; }
argument_value(A) ::= TABLE(K) names(N) argument_partition(P) argument_order(O). {
    A = build_table_argument(build, K, N, NULL, P, O); }
argument_value(A) ::= TABLE(K) query_in_parens(Q) argument_partition(P) argument_order(O). {
    A = build_table_argument(build, K, NULL, Q, P, O); }
argument_value(A) ::= DESCRIPTOR(K) LEFT_PAREN name_list(L) RIGHT_PAREN. { A = build_descriptor(build, K, L); }

%type argument_partition {struct ast_expression *}
%type argument_order {struct ast_sort_items *}
argument_partition(A) ::= . [SUBQUERY] { A = NULL; }
argument_partition(A) ::= PARTITION BY value(E). { A = E; }
argument_order(A) ::= . [SUBQUERY] { A = NULL; }
argument_order(A) ::= ORDER BY sort_item(I). { A = build_sort_items(build, NULL, I); }

call_order(A) ::= . { A = NULL; }
call_order(A) ::= ORDER BY sort_items(L). { A = L; }
call_nulls(A) ::= . [SUBQUERY] { A = BUILD_NULLS_DEFAULT; }
call_nulls(A) ::= IGNORE NULLS. { A = BUILD_NULLS_IGNORE; }
call_nulls(A) ::= RESPECT NULLS. { A = BUILD_NULLS_RESPECT; }
within_group(A) ::= . { A = NULL; }
within_group(A) ::= WITHIN GROUP LEFT_PAREN ORDER BY sort_items(L) RIGHT_PAREN. { A = L; }
filter(A) ::= . { A = NULL; }
filter(A) ::= FILTER LEFT_PAREN WHERE expr(E) RIGHT_PAREN. { A = E; }
over(A) ::= . { A = NULL; }
over(A) ::= OVER name(N). { A = build_window_reference(build, N); }
over(A) ::= OVER window_in_parens(W). { A = W; }

/* --- JSON: the clauses of its functions become named arguments --- */

%type json_pairs {struct ast_arguments *}
%type json_clauses {struct ast_arguments *}
%type json_clause {struct ast_argument}
%type on_null {const char *}
%type behaviour {const char *}
%type wrapper {const char *}
plain_call(A) ::= JSON_EXISTS|JSON_VALUE|JSON_QUERY(K) LEFT_PAREN expr(E) COMMA expr(P) json_clauses(L) RIGHT_PAREN. {
    A = build_json_path(build, K, E, P, L); }
%type json_object {struct sql_token}
%type json_array {struct sql_token}
json_object(A) ::= JSON_OBJECT|JSON_OBJECTAGG(K). { A = K; }
json_array(A) ::= JSON_ARRAY|JSON_ARRAYAGG(K). { A = K; }
plain_call(A) ::= json_object(K) LEFT_PAREN RIGHT_PAREN. { A = build_json(build, K, NULL, NULL); }
plain_call(A) ::= json_array(K) LEFT_PAREN RIGHT_PAREN. { A = build_json(build, K, NULL, NULL); }
plain_call(A) ::= json_object(K) LEFT_PAREN json_pairs(L) on_null(N) RIGHT_PAREN. { A = build_json(build, K, L, N); }
plain_call(A) ::= json_array(K) LEFT_PAREN expr_list(L) on_null(N) RIGHT_PAREN. {
    A = build_json(build, K, build_json_items(build, L), N); }
json_pairs(A) ::= json_key(K) VALUE expr(V). { A = build_json_pair(build, NULL, K, V); }
json_pairs(A) ::= json_pairs(L) COMMA json_key(K) VALUE expr(V). { A = build_json_pair(build, L, K, V); }
%type json_key {struct ast_expression *}
json_key(A) ::= value(E). { A = E; }
json_key(A) ::= KEY value(E). { A = E; }
json_clauses(A) ::= . { A = NULL; }
json_clauses(A) ::= json_clauses(L) json_clause(C). { A = build_arguments(build, L, C); }
json_clause(A) ::= RETURNING(K) plain_type(T). { A = build_json_returning(build, K, T); }
json_clause(A) ::= behaviour(B) ON EMPTY|ERROR(W). { A = build_json_behaviour(build, B, W); }
json_clause(A) ::= DEFAULT value(E) ON EMPTY|ERROR(W). { A = build_json_default(build, E, W); }
json_clause(A) ::= wrapper(W) WRAPPER(K). { A = build_json_word(build, "wrapper", W, K); }
json_clause(A) ::= wrapper(W) ARRAY WRAPPER(K). { A = build_json_word(build, "wrapper", W, K); }
wrapper(A) ::= WITHOUT. { A = "WITHOUT"; }
wrapper(A) ::= WITH. { A = "UNCONDITIONAL"; }
wrapper(A) ::= WITH UNCONDITIONAL. { A = "UNCONDITIONAL"; }
wrapper(A) ::= WITH CONDITIONAL. { A = "CONDITIONAL"; }
behaviour(A) ::= NULL|ERROR|TRUE|FALSE|UNKNOWN(K). { A = build_upper(build, token_text(K)); }
behaviour(A) ::= EMPTY ARRAY. { A = "EMPTY ARRAY"; }
behaviour(A) ::= EMPTY OBJECT. { A = "EMPTY OBJECT"; }
on_null(A) ::= . { A = NULL; }
on_null(A) ::= NULL ON NULL. { A = "NULL"; }
on_null(A) ::= ABSENT ON NULL. { A = "ABSENT"; }

/* --- windows and sorting --- */

%type window_in_parens {struct ast_window *}
%type partition {struct ast_expressions *}
%type order {struct ast_sort_items *}
%type sort_items {struct ast_sort_items *}
%type sort_item {struct ast_sort_item}
%type frame {struct build_frame}
%type frame_unit {enum ast_frame_unit}
%type frame_bound {struct ast_frame_bound}
window_in_parens(A) ::= LEFT_PAREN(P) partition(B) order(O) frame(F) RIGHT_PAREN. {
    A = build_window(build, P, NULL, B, O, F); }
window_in_parens(A) ::= LEFT_PAREN(P) name(N) partition(B) order(O) frame(F) RIGHT_PAREN. {
    A = build_window(build, P, &N, B, O, F); }
partition(A) ::= . { A = NULL; }
partition(A) ::= PARTITION BY expr_list(L). { A = L; }
order(A) ::= . { A = NULL; }
order(A) ::= ORDER BY sort_items(L). { A = L; }
sort_items(A) ::= sort_item(I). { A = build_sort_items(build, NULL, I); }
sort_items(A) ::= sort_items(L) COMMA sort_item(I). { A = build_sort_items(build, L, I); }
sort_item(A) ::= expr(E) direction(D) nulls(N). { A = build_sort_item(E, D, N); }
direction(A) ::= . { A = -1; }
direction(A) ::= ASC. { A = AST_ASCENDING; }
direction(A) ::= DESC. { A = AST_DESCENDING; }
%type nulls {enum ast_nulls_order}
nulls(A) ::= . { A = AST_NULLS_DEFAULT; }
nulls(A) ::= NULLS FIRST. { A = AST_NULLS_FIRST; }
nulls(A) ::= NULLS LAST. { A = AST_NULLS_LAST; }
frame(A) ::= . { A = build_no_frame(); }
frame(A) ::= frame_unit(U) frame_bound(B). { A = build_frame(build, U, B, NULL); }
frame(A) ::= frame_unit(U) BETWEEN frame_bound(B) AND frame_bound(C). { A = build_frame(build, U, B, &C); }
frame_unit(A) ::= ROWS. { A = AST_FRAME_ROWS; }
frame_unit(A) ::= RANGE. { A = AST_FRAME_RANGE; }
frame_unit(A) ::= GROUPS. { A = AST_FRAME_GROUPS; }
frame_bound(A) ::= UNBOUNDED(K) PRECEDING. { A = build_bound(AST_BOUND_UNBOUNDED_PRECEDING, K.position, NULL); }
frame_bound(A) ::= UNBOUNDED(K) FOLLOWING. { A = build_bound(AST_BOUND_UNBOUNDED_FOLLOWING, K.position, NULL); }
frame_bound(A) ::= CURRENT(K) ROW. { A = build_bound(AST_BOUND_CURRENT_ROW, K.position, NULL); }
frame_bound(A) ::= value(E) PRECEDING. { A = build_bound(AST_BOUND_PRECEDING, E->position, E); }
frame_bound(A) ::= value(E) FOLLOWING. { A = build_bound(AST_BOUND_FOLLOWING, E->position, E); }

/* --- queries --- */

%type query {struct ast_query *}
%type query_in_parens {struct ast_query *}
%type bare_query {struct ast_query *}
%type query_clause {struct ast_query_body *}
%type query_body {struct ast_query_body *}
%type tail {struct build_tail}
%type paging {struct build_tail}
%type with {struct build_with}
%type ctes {struct ast_ctes *}
%type cte {struct ast_cte}
%type emit {struct ast_emit}
query(A) ::= bare_query(Q). { A = Q; }
query(A) ::= query_in_parens(Q). { A = Q; }
query_in_parens(A) ::= LEFT_PAREN(P) bare_query(Q) RIGHT_PAREN. { A = build_query_in_parens(build, P, Q); }
query_in_parens(A) ::= LEFT_PAREN(P) query_in_parens(Q) RIGHT_PAREN. { A = build_query_in_parens(build, P, Q); }
bare_query(A) ::= query_body(B). { A = build_query(build, NULL, B, NULL); }
bare_query(A) ::= query_clause(B) tail(T). { A = build_query(build, NULL, B, &T); }
bare_query(A) ::= with(W) query_clause(B). { A = build_query(build, &W, B, NULL); }
bare_query(A) ::= with(W) query_clause(B) tail(T). { A = build_query(build, &W, B, &T); }
query_clause(A) ::= query_body(B). { A = B; }
query_clause(A) ::= query_in_parens(Q). { A = build_body_query(build, Q); }
query_body(A) ::= select(S). { A = build_body_select(build, S); }
query_body(A) ::= VALUES(K) expr_list(L). { A = build_body_values(build, K, L); }
query_body(A) ::= TABLE(K) names(N). { A = build_body_table(build, K, N); }
query_body(A) ::= query_clause(L) UNION|EXCEPT(O) all(D) query_clause(R). { A = build_body_set(build, O, D, L, R); }
query_body(A) ::= query_clause(L) INTERSECT(O) all(D) query_clause(R). { A = build_body_set(build, O, D, L, R); }
all(A) ::= . { A = false; }
all(A) ::= DISTINCT. { A = false; }
all(A) ::= ALL. { A = true; }

with(A) ::= WITH(K) recursive(R) ctes(L). { A = build_with(K, R, L); }
recursive(A) ::= . { A = false; }
recursive(A) ::= RECURSIVE. { A = true; }
ctes(A) ::= cte(C). { A = build_ctes(build, NULL, C); }
ctes(A) ::= ctes(L) COMMA cte(C). { A = build_ctes(build, L, C); }
cte(A) ::= name(N) columns(C) AS query_in_parens(Q). { A = build_cte(N, C, Q); }

tail(A) ::= ORDER BY sort_items(L) paging(P) emit(E). { A = build_tail(L, P, E); }
tail(A) ::= ORDER BY sort_items(L) emit(E). { A = build_tail(L, build_paging(NULL, NULL), E); }
tail(A) ::= paging(P) emit(E). { A = build_tail(NULL, P, E); }
tail(A) ::= emit_clause(E). { A = build_tail(NULL, build_paging(NULL, NULL), E); }
%type limit {struct ast_expression *}
%type offset {struct ast_expression *}
%type fetch {struct ast_expression *}
paging(A) ::= limit(L). { A = build_paging(L, NULL); }
paging(A) ::= offset(O). { A = build_paging(NULL, O); }
paging(A) ::= fetch(L). { A = build_paging(L, NULL); }
paging(A) ::= limit(L) offset(O). { A = build_paging(L, O); }
paging(A) ::= offset(O) limit(L). { A = build_paging(L, O); }
paging(A) ::= offset(O) fetch(L). { A = build_paging(L, O); }
limit(A) ::= LIMIT value(E). { A = E; }
limit(A) ::= LIMIT ALL. { A = NULL; }
offset(A) ::= OFFSET value(E). { A = E; }
offset(A) ::= OFFSET value(E) ROW|ROWS. { A = E; }
fetch(A) ::= FETCH FIRST|NEXT value(E) ROW|ROWS ONLY. { A = E; }
fetch(A) ::= FETCH FIRST|NEXT(K) ROW ONLY. { A = build_one(build, K); }
fetch(A) ::= FETCH FIRST|NEXT(K) ROWS ONLY. { A = build_one(build, K); }

%type emit_clause {struct ast_emit}
emit(A) ::= . { A = build_no_emit(); }
emit(A) ::= emit_clause(E). { A = E; }
emit_clause(A) ::= EMIT(K) ON CLOSE. { A = build_emit(build, K, AST_EMIT_ON_CLOSE, NULL); }
emit_clause(A) ::= EMIT(K) ON WINDOW CLOSE. { A = build_emit(build, K, AST_EMIT_ON_CLOSE, NULL); }
emit_clause(A) ::= EMIT(K) ON UPDATE. { A = build_emit(build, K, AST_EMIT_ON_UPDATE, NULL); }
emit_clause(A) ::= EMIT(K) CHANGES. { A = build_emit(build, K, AST_EMIT_ON_UPDATE, NULL); }
emit_clause(A) ::= EMIT(K) EVERY value(E). { A = build_emit(build, K, AST_EMIT_EVERY, E); }

%type select {struct ast_select *}
%type select_head {struct ast_select *}
%type select_quantifier {struct build_quantifier}
%type select_items {struct ast_select_items *}
%type select_item {struct ast_select_item}
%type from {struct ast_relation *}
%type where {struct ast_expression *}
%type having {struct ast_expression *}
%type qualify {struct ast_expression *}
%type group {struct build_group}
%type group_items {struct ast_group_items *}
%type group_item {struct ast_group_item *}
%type windows {struct ast_named_windows *}
%type window_list {struct ast_named_windows *}
select(A) ::= select_head(S) from(F) where(W) group(G) having(H) windows(N) qualify(Q). {
    A = build_select_clauses(build, S, F, W, G, H, N, Q); }
select_head(A) ::= SELECT(K) hints(H) select_quantifier(Q) select_items(L). { A = build_select(build, K, H, Q, L); }
select_quantifier(A) ::= distinct(D). { A = build_select_distinct(D, NULL); }
select_quantifier(A) ::= DISTINCT ON LEFT_PAREN expr_list(L) RIGHT_PAREN. { A = build_select_distinct(false, L); }
select_items(A) ::= select_item(I). { A = build_select_items(build, NULL, I); }
select_items(A) ::= select_items(L) COMMA select_item(I). { A = build_select_items(build, L, I); }
select_item(A) ::= expr(E). { A = build_select_item(build, E, NULL); }
select_item(A) ::= expr(E) name(N). { A = build_select_item(build, E, &N); }
select_item(A) ::= expr(E) AS name(N). { A = build_select_item(build, E, &N); }
select_item(A) ::= STAR(S). { A = build_select_item(build, build_star(build, NULL, S), NULL); }
select_item(A) ::= names(N) DOT STAR(S). { A = build_select_item(build, build_star(build, N, S), NULL); }

from(A) ::= . { A = NULL; }
from(A) ::= FROM from_list(L). { A = L; }
where(A) ::= . { A = NULL; }
where(A) ::= WHERE expr(E). { A = E; }
having(A) ::= . { A = NULL; }
having(A) ::= HAVING expr(E). { A = E; }
qualify(A) ::= . { A = NULL; }
qualify(A) ::= QUALIFY expr(E). { A = E; }
group(A) ::= . { A = build_no_group(); }
group(A) ::= GROUP BY distinct(D) group_items(L). { A = build_group(D, L); }
group_items(A) ::= group_item(I). { A = build_group_items(build, NULL, I); }
group_items(A) ::= group_items(L) COMMA group_item(I). { A = build_group_items(build, L, I); }
group_item(A) ::= expr(E). { A = build_group_expression(build, E); }
group_item(A) ::= LEFT_PAREN(P) RIGHT_PAREN. { A = build_group_of(build, P, AST_GROUP_LIST, NULL); }
group_item(A) ::= ROLLUP(K) LEFT_PAREN group_items(L) RIGHT_PAREN. { A = build_group_of(build, K, AST_GROUP_ROLLUP, L); }
group_item(A) ::= CUBE(K) LEFT_PAREN group_items(L) RIGHT_PAREN. { A = build_group_of(build, K, AST_GROUP_CUBE, L); }
group_item(A) ::= GROUPING(K) SETS LEFT_PAREN group_items(L) RIGHT_PAREN. {
    A = build_group_of(build, K, AST_GROUP_SETS, L); }
windows(A) ::= . { A = NULL; }
windows(A) ::= WINDOW window_list(L). { A = L; }
window_list(A) ::= name(N) AS window_in_parens(W). { A = build_named_windows(build, NULL, N, W); }
window_list(A) ::= window_list(L) COMMA name(N) AS window_in_parens(W). { A = build_named_windows(build, L, N, W); }

/* --- hints --- */

%type hints {struct ast_hints *}
%type hint_list {struct ast_hints *}
%type hint {struct ast_hint *}
%type hint_arguments {struct ast_hint *}
hints(A) ::= . { A = NULL; }
hints(A) ::= HINT_OPEN hint_list(L) HINT_CLOSE. { A = L; }
hint_list(A) ::= hint(H). { A = build_hints(build, NULL, H); }
hint_list(A) ::= hint_list(L) hint(H). { A = build_hints(build, L, H); }
hint_list(A) ::= hint_list(L) COMMA hint(H). { A = build_hints(build, L, H); }
hint(A) ::= name(N). { A = build_hint(build, N, NULL); }
hint(A) ::= name(N) LEFT_PAREN RIGHT_PAREN. { A = build_hint(build, N, NULL); }
hint(A) ::= name(N) LEFT_PAREN hint_arguments(L) RIGHT_PAREN. { A = build_hint(build, N, L); }
hint_arguments(A) ::= STRING(K) EQUAL STRING(V). { A = build_hint_option(build, NULL, K, V); }
hint_arguments(A) ::= name(N) EQUAL STRING(V). { A = build_hint_named_option(build, NULL, N, V); }
hint_arguments(A) ::= STRING(T). { A = build_hint_text(build, NULL, T); }
hint_arguments(A) ::= INTEGER(T). { A = build_hint_text(build, NULL, T); }
hint_arguments(A) ::= names(N). { A = build_hint_names(build, NULL, N); }
hint_arguments(A) ::= hint_arguments(L) COMMA STRING(K) EQUAL STRING(V). { A = build_hint_option(build, L, K, V); }
hint_arguments(A) ::= hint_arguments(L) COMMA name(N) EQUAL STRING(V). { A = build_hint_named_option(build, L, N, V); }
hint_arguments(A) ::= hint_arguments(L) COMMA STRING(T). { A = build_hint_text(build, L, T); }
hint_arguments(A) ::= hint_arguments(L) COMMA INTEGER(T). { A = build_hint_text(build, L, T); }
hint_arguments(A) ::= hint_arguments(L) COMMA names(N). { A = build_hint_names(build, L, N); }

/* --- relations --- */

%type from_list {struct ast_relation *}
%type relation {struct ast_relation *}
%type joined {struct ast_relation *}
%type table {struct ast_relation *}
%type unnamed_table {struct ast_relation *}
%type table_call {struct ast_expression *}
%type system_time {struct ast_expression *}
%type join_kind {struct build_join}
%type alias {struct build_alias}
from_list(A) ::= relation(R). { A = R; }
from_list(A) ::= from_list(L) COMMA relation(R). { A = build_join(build, build_join_plain(AST_JOIN_COMMA), L, R, NULL, NULL); }
relation(A) ::= table(T). { A = T; }
relation(A) ::= joined(J). { A = J; }
joined(A) ::= relation(L) CROSS JOIN table(R). { A = build_join(build, build_join_plain(AST_JOIN_CROSS), L, R, NULL, NULL); }
joined(A) ::= relation(L) NATURAL join_kind(K) JOIN table(R). { A = build_join_natural(build, K, L, R); }
joined(A) ::= relation(L) join_kind(K) JOIN relation(R) ON expr(E). { A = build_join(build, K, L, R, E, NULL); }
joined(A) ::= relation(L) join_kind(K) JOIN relation(R) USING name_list_in_parens(N). {
    A = build_join(build, K, L, R, NULL, N); }
joined(A) ::= relation(L) asof(K) JOIN relation(R) ON expr(E). { A = build_join_asof(build, K, L, R, NULL, E, NULL); }
joined(A) ::= relation(L) asof(K) JOIN relation(R) USING name_list_in_parens(N). {
    A = build_join_asof(build, K, L, R, NULL, NULL, N); }
joined(A) ::= relation(L) asof(K) JOIN relation(R) MATCH_CONDITION expr(M) ON expr(E). {
    A = build_join_asof(build, K, L, R, M, E, NULL); }
join_kind(A) ::= . { A = build_join_plain(AST_JOIN_INNER); }
join_kind(A) ::= INNER. { A = build_join_plain(AST_JOIN_INNER); }
join_kind(A) ::= LEFT outer. { A = build_join_plain(AST_JOIN_LEFT); }
join_kind(A) ::= RIGHT outer. { A = build_join_plain(AST_JOIN_RIGHT); }
join_kind(A) ::= FULL outer. { A = build_join_plain(AST_JOIN_FULL); }
%type asof {struct build_join}
asof(A) ::= ASOF. { A = build_join_plain(AST_JOIN_INNER); }
asof(A) ::= ASOF INNER. { A = build_join_plain(AST_JOIN_INNER); }
asof(A) ::= ASOF LEFT outer. { A = build_join_plain(AST_JOIN_LEFT); }
asof(A) ::= LEFT ASOF. { A = build_join_plain(AST_JOIN_LEFT); }
outer ::= .
outer ::= OUTER.

table(A) ::= unnamed_table(T) alias(N). { A = build_aliased(build, T, N); }
unnamed_table(A) ::= names(N) hints(H) system_time(S). { A = build_table(build, N, H, S); }
unnamed_table(A) ::= query_in_parens(Q). { A = build_derived(build, Q->position, Q, false); }
unnamed_table(A) ::= LATERAL(K) query_in_parens(Q). { A = build_derived(build, K.position, Q, true); }
unnamed_table(A) ::= table_call(C). { A = build_table_function(build, C->position, C, false); }
unnamed_table(A) ::= LATERAL(K) table_call(C). { A = build_table_function(build, K.position, C, true); }
unnamed_table(A) ::= TABLE(K) LEFT_PAREN table_call(C) RIGHT_PAREN. { A = build_table_function(build, K.position, C, false); }
unnamed_table(A) ::= LATERAL(K) TABLE LEFT_PAREN table_call(C) RIGHT_PAREN. {
    A = build_table_function(build, K.position, C, true); }
unnamed_table(A) ::= UNNEST(K) LEFT_PAREN expr_list(L) RIGHT_PAREN. { A = build_unnest(build, K, L, false); }
unnamed_table(A) ::= UNNEST(K) LEFT_PAREN expr_list(L) RIGHT_PAREN WITH ORDINALITY. { A = build_unnest(build, K, L, true); }
unnamed_table(A) ::= LEFT_PAREN(P) joined(J) RIGHT_PAREN. { A = build_relation_in_parens(build, P, J); }
unnamed_table(A) ::= unnamed_table(T) MATCH_RECOGNIZE LEFT_PAREN match(M) RIGHT_PAREN. { A = build_match(build, T, M); }
table_call(A) ::= names(N) LEFT_PAREN RIGHT_PAREN. { A = build_call(build, N, NULL); }
table_call(A) ::= names(N) LEFT_PAREN arguments(L) RIGHT_PAREN. { A = build_call(build, N, L); }
system_time(A) ::= . { A = NULL; }
system_time(A) ::= FOR SYSTEM_TIME AS OF value(E). { A = E; }
alias(A) ::= . { A = build_no_alias(); }
alias(A) ::= name(N) columns(C). { A = build_alias(N, C); }
alias(A) ::= AS name(N) columns(C). { A = build_alias(N, C); }

/* --- MATCH_RECOGNIZE --- */

%type match {struct ast_match *}
%type measures {struct ast_named_expressions *}
%type measure_list {struct ast_named_expressions *}
%type definitions {struct ast_named_expressions *}
%type skip {struct build_skip}
%type pattern {struct ast_pattern *}
%type pattern_sequence {struct ast_pattern *}
%type pattern_factor {struct ast_pattern *}
%type pattern_primary {struct ast_pattern *}
%type pattern_list {struct ast_pattern *}
%type quantity {struct build_quantity}
%type within {struct ast_expression *}
%type subsets {struct ast_subsets *}
%type subset_list {struct ast_subsets *}
match(A) ::= partition(B) order(O) measures(M) match_rows(R) skip(S) PATTERN LEFT_PAREN pattern(P) RIGHT_PAREN
    within(W) subsets(U) DEFINE definitions(D). {
    A = build_match_clauses(build, build_match_head(build, B, O, M, R, S), P, W, U, D); }
measures(A) ::= . { A = NULL; }
measures(A) ::= MEASURES measure_list(L). { A = L; }
measure_list(A) ::= expr(E) AS name(N). { A = build_named_expressions(build, NULL, N, E); }
measure_list(A) ::= measure_list(L) COMMA expr(E) AS name(N). { A = build_named_expressions(build, L, N, E); }
definitions(A) ::= name(N) AS expr(E). { A = build_named_expressions(build, NULL, N, E); }
definitions(A) ::= definitions(L) COMMA name(N) AS expr(E). { A = build_named_expressions(build, L, N, E); }
match_rows(A) ::= . { A = false; }
match_rows(A) ::= ONE ROW PER MATCH. { A = false; }
match_rows(A) ::= ALL ROWS PER MATCH. { A = true; }
skip(A) ::= . { A = build_skip(AST_SKIP_DEFAULT, NULL); }
skip(A) ::= AFTER MATCH SKIP PAST LAST ROW. { A = build_skip(AST_SKIP_PAST_LAST_ROW, NULL); }
skip(A) ::= AFTER MATCH SKIP TO NEXT ROW. { A = build_skip(AST_SKIP_TO_NEXT_ROW, NULL); }
skip(A) ::= AFTER MATCH SKIP TO FIRST name(N). { A = build_skip(AST_SKIP_TO_FIRST, &N); }
skip(A) ::= AFTER MATCH SKIP TO LAST name(N). { A = build_skip(AST_SKIP_TO_LAST, &N); }
skip(A) ::= AFTER MATCH SKIP TO name(N). { A = build_skip(AST_SKIP_TO_LAST, &N); }
within(A) ::= . { A = NULL; }
within(A) ::= WITHIN value(E). { A = E; }
subsets(A) ::= . { A = NULL; }
subsets(A) ::= SUBSET subset_list(L). { A = L; }
subset_list(A) ::= name(N) EQUAL name_list_in_parens(M). { A = build_subsets(build, NULL, N, M); }
subset_list(A) ::= subset_list(L) COMMA name(N) EQUAL name_list_in_parens(M). { A = build_subsets(build, L, N, M); }

pattern(A) ::= pattern_sequence(P). { A = P; }
pattern(A) ::= pattern(L) BAR pattern_sequence(R). { A = build_pattern_join(build, AST_PATTERN_ALTERNATION, L, R); }
pattern_sequence(A) ::= pattern_factor(P). { A = build_pattern_sequence(build, NULL, P); }
pattern_sequence(A) ::= pattern_sequence(L) pattern_factor(R). { A = build_pattern_sequence(build, L, R); }
pattern_factor(A) ::= pattern_primary(P). { A = P; }
pattern_factor(A) ::= pattern_primary(P) quantity(Q). { A = build_pattern_repeat(build, P, Q, false); }
pattern_factor(A) ::= pattern_primary(P) quantity(Q) QUESTION. { A = build_pattern_repeat(build, P, Q, true); }
pattern_primary(A) ::= name(N). { A = build_pattern_variable(build, N); }
pattern_primary(A) ::= CARET(T). { A = build_pattern(build, T, AST_PATTERN_START, NULL); }
pattern_primary(A) ::= DOLLAR(T). { A = build_pattern(build, T, AST_PATTERN_END, NULL); }
pattern_primary(A) ::= LEFT_PAREN(T) RIGHT_PAREN. { A = build_pattern(build, T, AST_PATTERN_SEQUENCE, NULL); }
pattern_primary(A) ::= LEFT_PAREN(T) pattern(P) RIGHT_PAREN. { A = build_pattern_in_parens(build, T, P); }
pattern_primary(A) ::= EXCLUDE_OPEN(T) pattern(P) EXCLUDE_CLOSE. { A = build_pattern(build, T, AST_PATTERN_EXCLUDE, P); }
pattern_primary(A) ::= PERMUTE(T) LEFT_PAREN pattern_list(P) RIGHT_PAREN. { A = build_pattern_permute(build, T, P); }
pattern_list(A) ::= pattern(P). { A = build_pattern_list(build, NULL, P); }
pattern_list(A) ::= pattern_list(L) COMMA pattern(P). { A = build_pattern_list(build, L, P); }
quantity(A) ::= STAR. { A = build_quantity(build, NULL, NULL, 0, -1); }
quantity(A) ::= PLUS. { A = build_quantity(build, NULL, NULL, 1, -1); }
quantity(A) ::= QUESTION. { A = build_quantity(build, NULL, NULL, 0, 1); }
quantity(A) ::= LEFT_BRACE INTEGER(N) RIGHT_BRACE. { A = build_quantity(build, &N, &N, 0, 0); }
quantity(A) ::= LEFT_BRACE INTEGER(N) COMMA RIGHT_BRACE. { A = build_quantity(build, &N, NULL, 0, -1); }
quantity(A) ::= LEFT_BRACE COMMA INTEGER(M) RIGHT_BRACE. { A = build_quantity(build, NULL, &M, 0, 0); }
quantity(A) ::= LEFT_BRACE INTEGER(N) COMMA INTEGER(M) RIGHT_BRACE. { A = build_quantity(build, &N, &M, 0, 0); }

/* --- statements that move rows --- */

%type insert {struct ast_insert *}
%type insert_head {struct ast_insert *}
%type inserts {struct ast_inserts *}
%type insert_list {struct ast_inserts *}
%type statement_set {struct ast_statement *}
statement(A) ::= query(Q). { A = build_query_statement(build, Q); }
statement(A) ::= insert(I). { A = build_insert_statement(build, I); }
statement(A) ::= EXECUTE query(Q). { A = build_query_statement(build, Q); }
statement(A) ::= EXECUTE insert(I). { A = build_insert_statement(build, I); }
statement(A) ::= statement_set(S). { A = S; }
statement_set(A) ::= EXECUTE(K) STATEMENT SET BEGIN inserts(L) END. { A = build_statement_set(build, K, L); }
statement_set(A) ::= BEGIN(K) STATEMENT SET SEMICOLON inserts(L) END. { A = build_statement_set(build, K, L); }
inserts(A) ::= insert_list(L). { A = L; }
inserts(A) ::= insert_list(L) SEMICOLON. { A = L; }
insert_list(A) ::= insert(I). { A = build_inserts(build, NULL, I); }
insert_list(A) ::= insert_list(L) SEMICOLON insert(I). { A = build_inserts(build, L, I); }
insert(A) ::= insert_head(I) query(Q). { A = build_insert_query(build, I, NULL, Q); }
insert(A) ::= insert_head(I) name_list_in_parens(C) query(Q). { A = build_insert_query(build, I, C, Q); }
insert_head(A) ::= INSERT(K) insert_mode(M) names(N) hints(H) partition_values(P). {
    A = build_insert(build, K, M, N, H, P); }
insert_mode(A) ::= INTO. { A = false; }
insert_mode(A) ::= OVERWRITE. { A = true; }
%type partition_values {struct ast_partition_values *}
%type partition_value_list {struct ast_partition_values *}
partition_values(A) ::= . { A = NULL; }
partition_values(A) ::= PARTITION LEFT_PAREN partition_value_list(L) RIGHT_PAREN. { A = L; }
partition_value_list(A) ::= name(N). { A = build_partition_values(build, NULL, N, NULL); }
partition_value_list(A) ::= name(N) EQUAL value(E). { A = build_partition_values(build, NULL, N, E); }
partition_value_list(A) ::= partition_value_list(L) COMMA name(N). { A = build_partition_values(build, L, N, NULL); }
partition_value_list(A) ::= partition_value_list(L) COMMA name(N) EQUAL value(E). {
    A = build_partition_values(build, L, N, E); }

statement(A) ::= DELETE(K) FROM names(N) alias(L) where(W). { A = build_delete(build, K, N, L, W); }
statement(A) ::= UPDATE(K) names(N) alias(L) SET assignments(S) where(W). { A = build_update(build, K, N, L, S, W); }
statement(A) ::= TRUNCATE(K) TABLE names(N). { A = build_truncate(build, K, N); }
statement(A) ::= ANALYZE(K) TABLE names(N) partition_values(P) COMPUTE STATISTICS analyze_columns(C). {
    A = build_analyze(build, K, N, P, C); }
%type assignments {struct ast_assignments *}
%type analyze_columns {struct build_analyze_columns}
assignments(A) ::= names(N) EQUAL expr(E). { A = build_assignments(build, NULL, N, E); }
assignments(A) ::= assignments(L) COMMA names(N) EQUAL expr(E). { A = build_assignments(build, L, N, E); }
analyze_columns(A) ::= . { A = build_analyze_columns(false, NULL); }
analyze_columns(A) ::= FOR ALL COLUMNS. { A = build_analyze_columns(true, NULL); }
analyze_columns(A) ::= FOR COLUMNS name_list(L). { A = build_analyze_columns(false, L); }

/* --- tables --- */

%type table_schema {struct ast_table_schema *}
%type table_elements {struct ast_table_schema *}
%type table_element {struct build_table_element}
%type column {struct build_table_column *}
%type computed_column {struct build_table_column *}
%type watermark {struct ast_watermark}
%type constraint {struct ast_constraint}
%type key {struct ast_constraint}
%type enforcement {enum build_enforcement}
statement(A) ::= create_table(T). { A = build_create_table_statement(build, T); }
%type create_table {struct ast_create_table *}
%type create_table_head {struct ast_create_table *}
create_table(A) ::= create_table_head(T). { A = T; }
create_table(A) ::= create_table_head(T) AS query(Q). { A = build_table_query(build, T, Q); }
create_table_head(A) ::= CREATE(K) replace(R) temporary(M) TABLE if_not_exists(I) names(N) table_schema(S). {
    A = build_create_table(build, K, R, M, I, N, S); }
create_table_head(A) ::= create_table_head(T) COMMENT(K) STRING(S). { A = build_table_comment(build, T, K, S); }
create_table_head(A) ::= create_table_head(T) PARTITIONED(K) BY name_list_in_parens(L). {
    A = build_table_partitioned(build, T, K, L); }
create_table_head(A) ::= create_table_head(T) DISTRIBUTED(K) distribution(D). {
    A = build_table_distributed(build, T, K, D); }
create_table_head(A) ::= create_table_head(T) WITH(K) options_in_parens(L). { A = build_table_options(build, T, K, L); }
create_table_head(A) ::= create_table_head(T) LIKE(K) names(N). { A = build_table_like(build, T, K, N, NULL); }
create_table_head(A) ::= create_table_head(T) LIKE(K) names(N) LEFT_PAREN like_options(L) RIGHT_PAREN. {
    A = build_table_like(build, T, K, N, L); }
replace(A) ::= . { A = BUILD_REPLACE_NO; }
replace(A) ::= OR REPLACE. { A = BUILD_REPLACE_OR_REPLACE; }
replace(A) ::= OR ALTER. { A = BUILD_REPLACE_OR_ALTER; }
temporary(A) ::= . { A = false; }
temporary(A) ::= TEMPORARY. { A = true; }
if_not_exists(A) ::= . { A = false; }
if_not_exists(A) ::= IF NOT EXISTS. { A = true; }
if_exists(A) ::= . { A = false; }
if_exists(A) ::= IF EXISTS. { A = true; }

%type distribution {struct ast_distribution}
%type distribution_kind {enum ast_distribution_kind}
%type buckets {int64_t}
distribution(A) ::= BY distribution_kind(K) name_list_in_parens(L) buckets(B). { A = build_distribution(K, L, B); }
distribution(A) ::= INTO INTEGER(N) BUCKETS. {
    A = build_distribution(AST_DISTRIBUTION_UNKNOWN, NULL, build_buckets(build, N)); }
distribution_kind(A) ::= . { A = AST_DISTRIBUTION_UNKNOWN; }
distribution_kind(A) ::= HASH. { A = AST_DISTRIBUTION_HASH; }
distribution_kind(A) ::= RANGE. { A = AST_DISTRIBUTION_RANGE; }
buckets(A) ::= . { A = 0; }
buckets(A) ::= INTO INTEGER(N) BUCKETS. { A = build_buckets(build, N); }
%type like_options {struct ast_like_options *}
like_options(A) ::= INCLUDING|EXCLUDING|OVERWRITING(M) ALL|NAME(F). { A = build_like_options(build, NULL, M, F); }
like_options(A) ::= like_options(L) INCLUDING|EXCLUDING|OVERWRITING(M) ALL|NAME(F). {
    A = build_like_options(build, L, M, F); }

table_schema(A) ::= . { A = NULL; }
table_schema(A) ::= LEFT_PAREN table_elements(S) RIGHT_PAREN. { A = S; }
table_elements(A) ::= table_element(E). { A = build_schema(build, NULL, E); }
table_elements(A) ::= table_elements(S) COMMA table_element(E). { A = build_schema(build, S, E); }
table_element(A) ::= name(N). { A = build_element_column(build_column_bare(build, N)); }
table_element(A) ::= column(C). { A = build_element_column(C); }
table_element(A) ::= computed_column(C). { A = build_element_column(C); }
table_element(A) ::= constraint(C). { A = build_element_constraint(C); }
table_element(A) ::= watermark(W). { A = build_element_watermark(W); }
column(A) ::= name(N) type(T). { A = build_column_typed(build, N, T); }
column(A) ::= column(C) METADATA(K). { A = build_column_metadata(build, C, K, NULL); }
column(A) ::= column(C) METADATA(K) FROM STRING(S). { A = build_column_metadata(build, C, K, &S); }
column(A) ::= column(C) VIRTUAL(K). { A = build_column_virtual(build, C, K); }
column(A) ::= column(C) key(K). { A = build_column_key(build, C, K); }
column(A) ::= column(C) COMMENT(K) STRING(S). { A = build_column_comment(build, C, K, S); }
column(A) ::= column(C) DEFAULT(K) value(E). { A = build_column_default(build, C, K, E); }
column(A) ::= column(C) FIRST. { A = build_column_place(build, C, NULL); }
column(A) ::= column(C) AFTER name(N). { A = build_column_place(build, C, &N); }
computed_column(A) ::= name(N) AS expr(E). { A = build_column_computed(build, N, E); }
computed_column(A) ::= computed_column(C) COMMENT(K) STRING(S). { A = build_column_comment(build, C, K, S); }
computed_column(A) ::= computed_column(C) FIRST. { A = build_column_place(build, C, NULL); }
computed_column(A) ::= computed_column(C) AFTER name(N). { A = build_column_place(build, C, &N); }
key(A) ::= PRIMARY(K) KEY enforcement(E). { A = build_key(build, K, NULL, NULL, E); }
key(A) ::= UNIQUE(K) enforcement(E). { A = build_key(build, K, NULL, NULL, E); }
constraint(A) ::= PRIMARY(K) KEY name_list_in_parens(L) enforcement(E). { A = build_key(build, K, NULL, L, E); }
constraint(A) ::= UNIQUE(K) name_list_in_parens(L) enforcement(E). { A = build_key(build, K, NULL, L, E); }
constraint(A) ::= CONSTRAINT name(N) PRIMARY(K) KEY name_list_in_parens(L) enforcement(E). {
    A = build_key(build, K, &N, L, E); }
constraint(A) ::= CONSTRAINT name(N) UNIQUE(K) name_list_in_parens(L) enforcement(E). {
    A = build_key(build, K, &N, L, E); }
enforcement(A) ::= . { A = BUILD_ENFORCEMENT_DEFAULT; }
enforcement(A) ::= ENFORCED. { A = BUILD_ENFORCEMENT_ENFORCED; }
enforcement(A) ::= NOT ENFORCED. { A = BUILD_ENFORCEMENT_NOT_ENFORCED; }
watermark(A) ::= WATERMARK(K) FOR names(N) AS expr(E). { A = build_watermark(build, K, N, E); }

%type options {struct ast_options *}
%type options_in_parens {struct ast_options *}
%type option_keys {struct ast_options *}
%type option_value {struct sql_token}
options_in_parens(A) ::= LEFT_PAREN RIGHT_PAREN. { A = build_no_options(build); }
options_in_parens(A) ::= LEFT_PAREN options(L) RIGHT_PAREN. { A = L; }
options(A) ::= STRING(K) EQUAL option_value(V). { A = build_option(build, NULL, K, V); }
options(A) ::= names(N) EQUAL option_value(V). { A = build_named_option(build, NULL, N, V); }
options(A) ::= options(L) COMMA STRING(K) EQUAL option_value(V). { A = build_option(build, L, K, V); }
options(A) ::= options(L) COMMA names(N) EQUAL option_value(V). { A = build_named_option(build, L, N, V); }
option_value(A) ::= STRING|INTEGER|DECIMAL|DURATION|TRUE|FALSE(T). { A = T; }
option_keys(A) ::= STRING(K). { A = build_option_key(build, NULL, K); }
option_keys(A) ::= option_keys(L) COMMA STRING(K). { A = build_option_key(build, L, K); }

/* --- views, functions, catalogues --- */

%type create_view_head {struct ast_create_view *}
%type view_columns {struct ast_view_columns *}
%type view_column_list {struct ast_view_columns *}
statement(A) ::= create_view_head(V) AS query(Q). { A = build_create_view_statement(build, V, Q); }
create_view_head(A) ::= CREATE(K) replace(R) temporary(M) VIEW if_not_exists(I) names(N) view_columns(C). {
    A = build_create_view(build, K, R, M, false, I, N, C); }
create_view_head(A) ::= CREATE(K) replace(R) MATERIALIZED VIEW if_not_exists(I) names(N) view_columns(C). {
    A = build_create_view(build, K, R, false, true, I, N, C); }
create_view_head(A) ::= create_view_head(V) COMMENT(K) STRING(S). { A = build_view_comment(build, V, K, S); }
create_view_head(A) ::= create_view_head(V) WITH(K) options_in_parens(L). { A = build_view_options(build, V, K, L); }
view_columns(A) ::= . { A = NULL; }
view_columns(A) ::= LEFT_PAREN view_column_list(L) RIGHT_PAREN. { A = L; }
view_column_list(A) ::= name(N). { A = build_view_columns(build, NULL, N, NULL); }
view_column_list(A) ::= name(N) COMMENT STRING(S). { A = build_view_columns(build, NULL, N, &S); }
view_column_list(A) ::= view_column_list(L) COMMA name(N). { A = build_view_columns(build, L, N, NULL); }
view_column_list(A) ::= view_column_list(L) COMMA name(N) COMMENT STRING(S). { A = build_view_columns(build, L, N, &S); }

%type create_function {struct ast_create_function *}
%type language {struct ast_name}
%type resources {struct ast_options *}
%type resource_list {struct ast_options *}
statement(A) ::= CREATE(K) replace(R) temporary(M) FUNCTION create_function(F). {
    A = build_create_function_statement(build, K, R, M, false, F); }
statement(A) ::= CREATE(K) replace(R) TEMPORARY SYSTEM FUNCTION create_function(F). {
    A = build_create_function_statement(build, K, R, true, true, F); }
create_function(A) ::= if_not_exists(I) names(N) AS STRING(S) language(L) resources(R). {
    A = build_create_function(build, I, N, S, L, R); }
language(A) ::= . { A = build_no_name(); }
language(A) ::= LANGUAGE name(N). { A = N; }
resources(A) ::= . { A = NULL; }
resources(A) ::= USING resource_list(L). { A = L; }
resource_list(A) ::= JAR(K) STRING(S). { A = build_resource(build, NULL, K, S); }
resource_list(A) ::= resource_list(L) COMMA JAR(K) STRING(S). { A = build_resource(build, L, K, S); }

%type catalog_options {struct ast_options *}
statement(A) ::= CREATE(K) replace(R) CATALOG|DATABASE(O) if_not_exists(I) names(N) comment(C) catalog_options(L). {
    A = build_create_catalog(build, K, R, O, I, N, C, L); }
%type comment {struct str}
comment(A) ::= . { A = (struct str){0}; }
comment(A) ::= COMMENT STRING(S). { A = build_string(build, S); }
catalog_options(A) ::= . { A = NULL; }
catalog_options(A) ::= WITH options_in_parens(L). { A = L; }

/* --- ALTER and DROP --- */

%type alter_table {struct ast_alter *}
%type alter_view {struct ast_alter *}
%type alter_schema {struct ast_table_schema *}
statement(A) ::= ALTER(K) TABLE if_exists(I) names(N) alter_table(L). {
    A = build_alter_statement(build, K, AST_OBJECT_TABLE, I, N, L); }
statement(A) ::= ALTER(K) VIEW if_exists(I) names(N) alter_view(L). {
    A = build_alter_statement(build, K, AST_OBJECT_VIEW, I, N, L); }
statement(A) ::= ALTER(K) DATABASE names(N) SET options_in_parens(L). {
    A = build_alter_statement(build, K, AST_OBJECT_DATABASE, false, N,
                              build_alter_options(build, AST_ALTER_SET_OPTIONS, L)); }
alter_table(A) ::= RENAME TO names(N). { A = build_alter_rename(build, NULL, N); }
alter_table(A) ::= RENAME names(O) TO names(N). { A = build_alter_rename(build, O, N); }
alter_table(A) ::= SET options_in_parens(L). { A = build_alter_options(build, AST_ALTER_SET_OPTIONS, L); }
alter_table(A) ::= RESET LEFT_PAREN option_keys(L) RIGHT_PAREN. {
    A = build_alter_options(build, AST_ALTER_RESET_OPTIONS, L); }
alter_table(A) ::= ADD alter_schema(S). { A = build_alter_schema(build, AST_ALTER_ADD, S); }
alter_table(A) ::= MODIFY alter_schema(S). { A = build_alter_schema(build, AST_ALTER_MODIFY, S); }
alter_table(A) ::= DROP column_word name(N). {
    A = build_alter_drop(build, AST_ALTER_DROP_COLUMNS, build_names(build, NULL, N)); }
alter_table(A) ::= DROP name_list_in_parens(L). { A = build_alter_drop(build, AST_ALTER_DROP_COLUMNS, L); }
alter_table(A) ::= DROP PRIMARY KEY. { A = build_alter_drop(build, AST_ALTER_DROP_PRIMARY_KEY, NULL); }
alter_table(A) ::= DROP CONSTRAINT names(N). { A = build_alter_drop(build, AST_ALTER_DROP_CONSTRAINT, N); }
alter_table(A) ::= DROP WATERMARK. { A = build_alter_drop(build, AST_ALTER_DROP_WATERMARK, NULL); }
column_word ::= .
column_word ::= COLUMN.
alter_schema(A) ::= column_word table_element(E). { A = build_schema(build, NULL, E); }
alter_schema(A) ::= LEFT_PAREN table_elements(S) RIGHT_PAREN. { A = S; }
alter_view(A) ::= RENAME TO names(N). { A = build_alter_rename(build, NULL, N); }
alter_view(A) ::= AS query(Q). { A = build_alter_query(build, Q); }

%type object {enum ast_object_kind}
statement(A) ::= DROP(K) temporary(M) object(O) if_exists(I) names(N) cascade(C). {
    A = build_drop(build, K, M, false, O, I, N, C); }
statement(A) ::= DROP(K) TEMPORARY SYSTEM FUNCTION if_exists(I) names(N). {
    A = build_drop(build, K, true, true, AST_OBJECT_FUNCTION, I, N, false); }
object(A) ::= TABLE|VIEW|FUNCTION|CATALOG|DATABASE(K). { A = build_object(K); }
object(A) ::= MATERIALIZED VIEW. { A = AST_OBJECT_MATERIALIZED_VIEW; }
cascade(A) ::= . { A = false; }
cascade(A) ::= RESTRICT. { A = false; }
cascade(A) ::= CASCADE. { A = true; }

/* --- looking and steering --- */

%type explained {struct ast_statement *}
%type explain_details {unsigned}
%type explain_detail {unsigned}
statement(A) ::= EXPLAIN(K) explained(S). { A = build_explain(build, K, AST_EXPLAIN_PLAN, 0, S); }
statement(A) ::= EXPLAIN(K) PLAN FOR explained(S). { A = build_explain(build, K, AST_EXPLAIN_PLAN, 0, S); }
statement(A) ::= EXPLAIN(K) ANALYZE explained(S). { A = build_explain(build, K, AST_EXPLAIN_ANALYZE, 0, S); }
statement(A) ::= EXPLAIN(K) ANALYZE VERBOSE explained(S). {
    A = build_explain(build, K, AST_EXPLAIN_ANALYZE, BUILD_EXPLAIN_VERBOSE, S); }
statement(A) ::= EXPLAIN(K) explain_details(D) explained(S). { A = build_explain(build, K, AST_EXPLAIN_PLAN, D, S); }
explained(A) ::= query(Q). { A = build_query_statement(build, Q); }
explained(A) ::= insert(I). { A = build_insert_statement(build, I); }
explained(A) ::= create_table(T). { A = build_create_table_statement(build, T); }
explained(A) ::= create_view_head(V) AS query(Q). { A = build_create_view_statement(build, V, Q); }
explained(A) ::= STATEMENT(K) SET BEGIN inserts(L) END. { A = build_statement_set(build, K, L); }
explained(A) ::= statement_set(S). { A = S; }
explain_details(A) ::= explain_detail(D). { A = D; }
explain_details(A) ::= explain_details(L) COMMA explain_detail(D). { A = L | D; }
explain_detail(A) ::= ESTIMATED_COST|CHANGELOG_MODE|JSON_EXECUTION_PLAN|PLAN_ADVICE|VERBOSE(K). {
    A = build_explain_detail(K); }

statement(A) ::= DESCRIBE|DESC(K) extended(E) names(N). { A = build_describe(build, K, E, AST_OBJECT_TABLE, N); }
statement(A) ::= DESCRIBE|DESC(K) CATALOG|DATABASE|FUNCTION(O) extended(E) names(N). {
    A = build_describe(build, K, E, build_object(O), N); }
statement(A) ::= DESCRIBE|DESC(K) JOB STRING(S). { A = build_job(build, K, AST_STATEMENT_DESCRIBE_JOB, S, 0); }
extended(A) ::= . { A = false; }
extended(A) ::= EXTENDED. { A = true; }

%type show_like {struct build_like}
%type show_from {struct ast_names *}
%type show_kind {enum ast_show_kind}
statement(A) ::= SHOW(K) show_kind(S) show_from(N) show_like(L). { A = build_show(build, K, S, N, L); }
statement(A) ::= SHOW(K) COLUMNS FROM|IN names(N) show_like(L). { A = build_show(build, K, AST_SHOW_COLUMNS, N, L); }
statement(A) ::= SHOW(K) PARTITIONS names(N). { A = build_show(build, K, AST_SHOW_PARTITIONS, N, build_no_like()); }
statement(A) ::= SHOW(K) CREATE TABLE names(N). { A = build_show(build, K, AST_SHOW_CREATE_TABLE, N, build_no_like()); }
statement(A) ::= SHOW(K) CREATE VIEW names(N). { A = build_show(build, K, AST_SHOW_CREATE_VIEW, N, build_no_like()); }
statement(A) ::= SHOW(K) STRING(S). { A = build_show_setting(build, K, S); }
show_kind(A) ::= TABLES|VIEWS|FUNCTIONS|DATABASES|CATALOGS|SETTINGS|JOBS|JARS|MODULES|PROCEDURES|CONNECTORS
    |FORMATS(K). { A = build_show_kind(K); }
show_kind(A) ::= MATERIALIZED VIEWS. { A = AST_SHOW_MATERIALIZED_VIEWS; }
show_kind(A) ::= USER FUNCTIONS. { A = AST_SHOW_USER_FUNCTIONS; }
show_kind(A) ::= CURRENT CATALOG. { A = AST_SHOW_CURRENT_CATALOG; }
show_kind(A) ::= CURRENT DATABASE. { A = AST_SHOW_CURRENT_DATABASE; }
show_kind(A) ::= FULL MODULES. { A = AST_SHOW_FULL_MODULES; }
show_from(A) ::= . { A = NULL; }
show_from(A) ::= FROM|IN names(N). { A = N; }
show_like(A) ::= . { A = build_no_like(); }
show_like(A) ::= not(N) LIKE STRING(S). { A = build_like(build, N, false, S); }
show_like(A) ::= not(N) ILIKE STRING(S). { A = build_like(build, N, true, S); }

statement(A) ::= USE(K) names(N). { A = build_use(build, K, AST_OBJECT_DATABASE, N); }
statement(A) ::= USE(K) CATALOG names(N). { A = build_use(build, K, AST_OBJECT_CATALOG, N); }
statement(A) ::= USE(K) MODULES name_list(L). { A = build_module(build, K, AST_STATEMENT_USE_MODULES, L, NULL); }
statement(A) ::= LOAD(K) MODULE names(N) catalog_options(L). { A = build_module(build, K, AST_STATEMENT_LOAD_MODULE, N, L); }
statement(A) ::= UNLOAD(K) MODULE names(N). { A = build_module(build, K, AST_STATEMENT_UNLOAD_MODULE, N, NULL); }

statement(A) ::= SET(K). { A = build_set(build, K, AST_STATEMENT_SET, NULL, NULL); }
statement(A) ::= SET(K) STRING|SETTING(N) EQUAL|TO STRING|INTEGER|DECIMAL|DURATION|TRUE|FALSE|NAME|SETTING(V). {
    A = build_set(build, K, AST_STATEMENT_SET, &N, &V); }
statement(A) ::= RESET(K). { A = build_set(build, K, AST_STATEMENT_RESET, NULL, NULL); }
statement(A) ::= RESET(K) STRING|SETTING(N). { A = build_set(build, K, AST_STATEMENT_RESET, &N, NULL); }

statement(A) ::= ADD(K) JAR STRING(S). { A = build_file(build, K, AST_STATEMENT_ADD_JAR, S); }
statement(A) ::= REMOVE(K) JAR STRING(S). { A = build_file(build, K, AST_STATEMENT_REMOVE_JAR, S); }
statement(A) ::= COMPILE(K) PLAN STRING(S) if_not_exists(I) FOR planned(P). { A = build_plan_file(build, K, false, S, I, P); }
statement(A) ::= COMPILE(K) AND EXECUTE PLAN STRING(S) FOR planned(P). { A = build_plan_file(build, K, true, S, false, P); }
statement(A) ::= EXECUTE(K) PLAN STRING(S). { A = build_plan_file(build, K, true, S, false, NULL); }
%type planned {struct ast_statement *}
planned(A) ::= insert(I). { A = build_insert_statement(build, I); }
planned(A) ::= STATEMENT(K) SET BEGIN inserts(L) END. { A = build_statement_set(build, K, L); }
statement(A) ::= STOP(K) JOB STRING(S) stop_options(D). { A = build_job(build, K, AST_STATEMENT_STOP_JOB, S, D); }
stop_options(A) ::= . { A = 0; }
stop_options(A) ::= WITH SAVEPOINT. { A = BUILD_STOP_SAVEPOINT; }
stop_options(A) ::= WITH DRAIN. { A = BUILD_STOP_DRAIN; }
stop_options(A) ::= WITH SAVEPOINT WITH DRAIN. { A = BUILD_STOP_SAVEPOINT | BUILD_STOP_DRAIN; }
statement(A) ::= CALL(K) table_call(C). { A = build_call_statement(build, K, C); }
statement(A) ::= HELP(K). { A = build_plain_statement(build, K, AST_STATEMENT_HELP); }
statement(A) ::= CLEAR(K). { A = build_plain_statement(build, K, AST_STATEMENT_CLEAR); }
statement(A) ::= QUIT(K). { A = build_plain_statement(build, K, AST_STATEMENT_QUIT); }

%code {
#include "grammar/machine.inc.h"
}
