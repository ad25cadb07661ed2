# The whole build: one non-recursive Makefile.
#
#   make                      release build -> build/release/streamsql
#   make debug | asan | tsan  the other modes (asan and tsan also run the whole test suite)
#   make test                 installs what the tests need, builds, runs every suite
#   make help                 all targets
#
# A layer is a folder; every .c below it is compiled into build/<mode>/lib<layer>.a, so new files need no edit here.
# Objects are written to a private name and then renamed: several makes may run in one tree at the same time.

MODE ?= release
BUILD := build/$(MODE)
GEN := build/gen
MODES := debug release asan tsan fuzz
ifeq ($(filter $(MODE),$(MODES)),)
$(error MODE=$(MODE) is not one of $(MODES))
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

# --- compiler -----------------------------------------------------------------------------------------------------
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(MODE),fuzz)
CC := clang
endif
MACHINE := $(shell uname -m)
ARCH_FLAGS ?= $(if $(filter x86_64,$(MACHINE)),-march=x86-64-v3)
# maybe-uninitialized cannot see that a failed TRY() leaves the function.
WARNINGS ?= -Wall -Wextra -Wshadow -Wconversion -Werror -Wno-maybe-uninitialized
# No contraction to fused multiply-add: the same query gives the same digits on every machine.
CFLAGS_ALL := -std=gnu11 -D_GNU_SOURCE -ffp-contract=off -g -pthread $(ARCH_FLAGS)

CFLAGS_debug := -O1 -fno-omit-frame-pointer -DCHECKED_OPERATORS
CFLAGS_release := -O3
CFLAGS_asan := -O1 -DCHECKED_OPERATORS -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_tsan := -O1 -DCHECKED_OPERATORS -fno-omit-frame-pointer -fsanitize=thread
CFLAGS_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_tsan := -fsanitize=thread -rdynamic
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
# Instrumented code gives false warnings; the other modes warn.
WARNINGS_asan := -w
WARNINGS_tsan := -w
WARNINGS_fuzz := -w
LIBS_release := -ljemalloc

CFLAGS_MODE := $(CFLAGS_ALL) $(CFLAGS_$(MODE)) $(CFLAGS)
WARNINGS_MODE := $(if $(WARNINGS_$(MODE)),$(WARNINGS_$(MODE)),$(WARNINGS))
INCLUDES := -I. -I$(GEN)

# RocksDB is loaded when it is first needed (runtime/state/rocks_library.h), by the name that goes with the headers.
rocksdb_version = $(shell sed -n 's/^\#define ROCKSDB_$(1) //p' /usr/include/rocksdb/version.h /usr/local/include/rocksdb/version.h 2>/dev/null)
ROCKSDB_LIBRARY ?= librocksdb.so.$(call rocksdb_version,MAJOR).$(call rocksdb_version,MINOR)
$(BUILD)/runtime/state/rocks_library.o: CFLAGS_MODE += -DROCKSDB_LIBRARY='"$(ROCKSDB_LIBRARY)"'

# The pinned librdkafka of `make deps`, where the distribution's is too old.
RDKAFKA := build/deps/librdkafka
ifneq ($(wildcard $(RDKAFKA)/lib/librdkafka.so),)
INCLUDES += -isystem $(RDKAFKA)/include
RDKAFKA_LINK := -L$(RDKAFKA)/lib -Wl,-rpath,'$$ORIGIN/../deps/librdkafka/lib' -Wl,-rpath,'$$ORIGIN/../../deps/librdkafka/lib' \
    -Wl,-rpath,'$$ORIGIN/../../../deps/librdkafka/lib' -Wl,-rpath,'$$ORIGIN/../../../../deps/librdkafka/lib'
endif
LDFLAGS_MODE := -pthread $(LDFLAGS_$(MODE)) -Wl,--as-needed $(RDKAFKA_LINK) $(LDFLAGS)
LIBS := -lrdkafka -lcurl -lcrypto -lprotobuf-c -lpcre2-8 -lutf8proc -lxxhash -lzstd -lz -llz4 -ledit -ljansson \
    $(LIBS_$(MODE)) -lpthread -lm

# --- layers and sources -------------------------------------------------------------------------------------------
# Order: lowest first. A unit test links its own layer and those listed for it.
LAYERS := core grammar planner executor connectors runtime server cli
BELOW_core := core
BELOW_grammar := grammar core
BELOW_connectors := connectors core
BELOW_planner := planner connectors grammar core
BELOW_executor := executor planner connectors grammar core
BELOW_runtime := runtime executor planner connectors grammar core
BELOW_server := server runtime executor planner connectors grammar core
BELOW_cli := cli server runtime executor planner connectors grammar core

# SKIP="core/data/row.c core/functions/%" leaves files out: to go on while somebody else's file does not compile.
SKIP ?=
SOURCES := $(filter-out $(SKIP),$(shell find $(LAYERS) -name '*.c' 2>/dev/null | sort))
UNIT_TESTS := $(filter-out $(SKIP),$(shell find tests/unit -name '*_test.c' 2>/dev/null | sort))
FUZZ_TARGETS := $(wildcard tests/fuzz/*_fuzz.c)

# Generated sources, each only when its origin is there.
GEN_SOURCES :=
GEN_HEADERS :=
ifneq ($(wildcard grammar/lexer.re),)
GEN_SOURCES += $(GEN)/grammar/lexer.c
endif
ifneq ($(wildcard grammar/sql.y),)
GEN_SOURCES += $(GEN)/grammar/sql.c
GEN_HEADERS += $(GEN)/grammar/sql.h
endif
ifneq ($(wildcard planner/plan.proto),)
GEN_SOURCES += $(GEN)/planner/plan.pb-c.c
GEN_HEADERS += $(GEN)/planner/plan.pb-c.h
endif

layer_objects = $(patsubst %.c,$(BUILD)/%.o,$(filter $(1)/%,$(SOURCES))) \
    $(patsubst $(GEN)/%.c,$(BUILD)/gen/%.o,$(filter $(GEN)/$(1)/%,$(GEN_SOURCES)))
layer_archives = $(foreach layer,$(BELOW_$(1)),$(BUILD)/lib$(layer).a)
unit_programs = $(patsubst %.c,$(BUILD)/%,$(filter tests/unit/$(1)/%,$(UNIT_TESTS)))

PROGRAM := $(BUILD)/streamsql

# --- what to build ------------------------------------------------------------------------------------------------
.PHONY: all release debug program help
all: program
program: $(PROGRAM)
release debug:
	@$(MAKE) --no-print-directory MODE=$@ program

help:
	@sed -n '/^# /,/^$$/s/^#   /  /p' Makefile
	@echo '  make deps                 installs packages; builds librdkafka when the packaged one is too old'
	@echo '  make demo                 installs, builds, and runs the weather query'
	@echo '  make check                make test with more generated queries, a short fuzz run, and the same scripts on a real Flink'
	@echo '  make test-<suite>         one suite: unit, sql, plan, store, sim, differential, integration, chaos; flink: the same scripts on a real Flink'
	@echo '  make test-unit-<layer>    unit tests of one layer: $(LAYERS); ONLY="str map" picks modules'
	@echo '  make chaos N=100 SEED=7   kills, pauses and failures of real processes with a real Kafka; POINTS=all: every fault point'
	@echo '  make lint | fmt           check or fix the style'
	@echo '  make bench | fuzz         benchmarks; fuzzing'
	@echo '  make clean | distclean    removes what was built; also the built dependencies'

# Rebuild when the flags change, not when this file does.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS_MODE) $(WARNINGS_MODE) $(INCLUDES)' > $@.$$$$; \
	if cmp -s $@.$$$$ $@; then rm -f $@.$$$$; else mv $@.$$$$ $@; fi
.PHONY: FORCE
FORCE:

compile = @mkdir -p $(@D); $(if $(V),set -x;) \
    $(CC) $(CFLAGS_MODE) $(1) $(INCLUDES) -MMD -MP -MF $(@:.o=.d).$$$$ -MT $@ -c $< -o $@.$$$$ && \
    mv $(@:.o=.d).$$$$ $(@:.o=.d) && mv $@.$$$$ $@ || { rm -f $(@:.o=.d).$$$$ $@.$$$$; exit 1; }

$(BUILD)/gen/%.o: $(GEN)/%.c $(BUILD)/flags | $(GEN_HEADERS)
	@echo "  CC  $<"
	$(call compile,-w)

$(BUILD)/core/%.o: core/%.c $(BUILD)/flags
	@echo "  CC  $<"
	$(call compile,$(WARNINGS_MODE))

$(BUILD)/tests/unit/core/%.o: tests/unit/core/%.c $(BUILD)/flags
	@echo "  CC  $<"
	$(call compile,$(WARNINGS_MODE))

$(BUILD)/tools/%.o: tools/%.c $(BUILD)/flags
	@echo "  CC  $<"
	$(call compile,$(WARNINGS_MODE))

$(BUILD)/%.o: %.c $(BUILD)/flags | $(GEN_HEADERS) $(GEN)/version.h
	@echo "  CC  $<"
	$(call compile,$(WARNINGS_MODE))

# Also made again when a file was added or taken away, which the time stamps of the objects do not tell.
define layer_rule
$(BUILD)/lib$(1).objects: FORCE
	@mkdir -p $$(@D)
	@echo '$(call layer_objects,$(1))' | cmp -s - $$@ || echo '$(call layer_objects,$(1))' > $$@
$(BUILD)/lib$(1).a: $(call layer_objects,$(1)) $(BUILD)/lib$(1).objects
	@rm -f $$@.$$$$$$$$; ar rcs $$@.$$$$$$$$ $$(filter %.o,$$^) && mv $$@.$$$$$$$$ $$@
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rule,$(layer))))

# ThreadSanitizer does not know C11 threads, which librdkafka uses; the shim maps them to pthreads.
ifeq ($(MODE),tsan)
MODE_OBJECTS := $(BUILD)/tools/tsan_threads.o
endif

link = $(if $(V),,@)$(CC) $(CFLAGS_MODE) $(1) $(MODE_OBJECTS) -Wl,--start-group $(2) -Wl,--end-group $(LDFLAGS_MODE) \
    $(3) $(LIBS) -o $@.$$$$ && mv $@.$$$$ $@

$(PROGRAM): $(call layer_archives,cli) $(MODE_OBJECTS)
	@echo "  LD  $@"
	$(call link,,$(call layer_archives,cli),)

define unit_rule
$(BUILD)/tests/unit/$(1)/%_test: $(BUILD)/tests/unit/$(1)/%_test.o $(call layer_archives,$(1)) $(MODE_OBJECTS)
	@echo "  LD  $$@"
	$$(call link,$$<,$(call layer_archives,$(1)),-lcmocka)
endef
$(foreach layer,$(LAYERS),$(eval $(call unit_rule,$(layer))))

$(BUILD)/tests/plan/plan_test: $(BUILD)/tests/plan/plan_test.o $(call layer_archives,planner) $(MODE_OBJECTS)
	@echo "  LD  $@"
	$(call link,$<,$(call layer_archives,planner),)

comma := ,
# The simulator has the protocol in a build of its own, in which known bugs can be planted.
SIM := $(BUILD)/tests/sim/sim
SIM_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/sim/*.c)) \
    $(patsubst runtime/%.c,$(BUILD)/tests/sim/%.o,$(wildcard runtime/protocol/*.c))
$(BUILD)/tests/sim/protocol/%.o: runtime/protocol/%.c $(BUILD)/flags
	@echo "  CC  $< (sim)"
	$(call compile,$(WARNINGS_MODE) -DSIM_PLANTED_BUGS)
$(SIM): $(SIM_OBJECTS) $(BUILD)/libcore.a
	@echo "  LD  $@"
	$(call link,$(SIM_OBJECTS),$(BUILD)/libcore.a,-Wl$(comma)--wrap=assert_failed)

$(BUILD)/tests/store/store_driver: $(BUILD)/tests/store/store_driver.o $(call layer_archives,runtime) $(MODE_OBJECTS)
	@echo "  LD  $@"
	$(call link,$<,$(call layer_archives,runtime),)

$(BUILD)/tests/integration/publisher_driver: $(BUILD)/tests/integration/publisher_driver.o $(call layer_archives,connectors) $(MODE_OBJECTS)
	@echo "  LD  $@"
	$(call link,$<,$(call layer_archives,connectors),)

$(BUILD)/tests/fuzz/%_fuzz: $(BUILD)/tests/fuzz/%_fuzz.o $(call layer_archives,cli)
	@echo "  LD  $@"
	$(call link,$<,$(call layer_archives,cli),)

# Benchmarks of one layer alone: bench/<name>.c
$(BUILD)/bench/%: $(BUILD)/bench/%.o $(call layer_archives,runtime)
	@echo "  LD  $@"
	$(call link,$<,$(call layer_archives,runtime),)

# --- generated sources --------------------------------------------------------------------------------------------
$(GEN)/grammar/lexer.c: grammar/lexer.re
	@echo "  RE2C $<"
	@mkdir -p $(@D)
	@re2c -W -i -8 $< -o $@.$$$$ && mv $@.$$$$ $@

$(GEN)/grammar/sql.c $(GEN)/grammar/sql.h &: grammar/sql.y
	@echo "  LEMON $<"
	@mkdir -p $(GEN)/grammar/new.$$$$ && cd $(GEN)/grammar && { lemon -q -dnew.$$$$ $(CURDIR)/$< && \
	    mv new.$$$$/sql.h sql.h && mv new.$$$$/sql.c sql.c; result=$$?; rm -rf new.$$$$; exit $$result; }

$(GEN)/planner/plan.pb-c.c $(GEN)/planner/plan.pb-c.h &: planner/plan.proto
	@echo "  PROTOC $<"
	@mkdir -p $(GEN)/planner $(GEN)/new.$$$$ && { protoc-c -I. --c_out=$(GEN)/new.$$$$ $< && \
	    mv $(GEN)/new.$$$$/planner/plan.pb-c.h $(GEN)/new.$$$$/planner/plan.pb-c.c $(GEN)/planner/; \
	    result=$$?; rm -rf $(GEN)/new.$$$$; exit $$result; }

# Written only when its content changes: the version, and the commit when built from a git tree.
$(GEN)/version.h: FORCE
	@mkdir -p $(@D)
	@{ echo '#pragma once'; \
	   echo "#define STREAMSQL_VERSION \"$$(cat VERSION)\""; \
	   echo "#define STREAMSQL_COMMIT \"$$(git rev-parse --short HEAD 2>/dev/null || echo unknown)\""; } > $@.$$$$; \
	if cmp -s $@.$$$$ $@; then rm -f $@.$$$$; else mv $@.$$$$ $@; fi

# --- tests --------------------------------------------------------------------------------------------------------
# A suite is a folder with a script `run`; it gets MODE and STREAMSQL (the program) in its environment, prints what
# failed and closes with the line "N passed, N failed".
SUITES := sql plan store sim differential integration chaos
suite = MODE=$(MODE) STREAMSQL=$(CURDIR)/$(PROGRAM) tests/$(1)/run
ONLY ?= %

.PHONY: test check test-unit run-tests $(SUITES:%=test-%) test-flink $(LAYERS:%=test-unit-%)
# Through a second make: what is installed decides the flags.
test:
	@tools/deps test
	@$(MAKE) --no-print-directory MODE=$(MODE) run-tests

check:
	@tools/deps test
	@$(MAKE) --no-print-directory MODE=fuzz fuzz-programs
	@DIFFERENTIAL_QUERIES=20000 DIFFERENTIAL_SEED=random SIM_SEEDS=20000 SQL_MODES=all CHAOS_ROUNDS=200 $(MAKE) --no-print-directory MODE=$(MODE) EXTRA_SUITES='fuzz flink' run-tests

ALL_UNIT_PROGRAMS := $(foreach layer,$(LAYERS),$(call unit_programs,$(layer)))
run-tests: $(PROGRAM) $(ALL_UNIT_PROGRAMS) $(SIM)
	@MODE=$(MODE) STREAMSQL=$(CURDIR)/$(PROGRAM) UNIT_PROGRAMS='$(ALL_UNIT_PROGRAMS)' \
	    tests/run unit $(SUITES) $(EXTRA_SUITES)

test-unit: $(ALL_UNIT_PROGRAMS)
	@UNIT_PROGRAMS='$^' tests/unit/run

define unit_layer_rule
test-unit-$(1): $(filter $(patsubst %,$(BUILD)/tests/unit/$(1)/%_test,$(ONLY)),$(call unit_programs,$(1)))
	@UNIT_PROGRAMS='$$^' tests/unit/run
endef
$(foreach layer,$(LAYERS),$(eval $(call unit_layer_rule,$(layer))))

# flink is not part of `make test`: it fetches Apache Flink and runs it for minutes.
test-sim: $(SIM)
$(SUITES:%=test-%) test-flink: test-%: $(PROGRAM)
	@$(call suite,$*)

.PHONY: chaos
chaos: export N := $(or $(N),100)
chaos: test-chaos

.PHONY: asan tsan
asan tsan:
	@tools/deps test
	@$(MAKE) --no-print-directory MODE=$@ run-tests

.PHONY: fuzz fuzz-programs
fuzz:
	@$(MAKE) --no-print-directory MODE=fuzz fuzz-programs
	@MODE=fuzz tests/fuzz/run
fuzz-programs: $(patsubst %.c,$(BUILD)/%,$(FUZZ_TARGETS))

# --- everything else ----------------------------------------------------------------------------------------------
.PHONY: lint fmt bench demo deps clean distclean
lint: $(GEN_HEADERS) $(GEN)/version.h
	@tools/lint
fmt:
	@clang-format -i $$(git ls-files --cached --others --exclude-standard '*.c' '*.h')
bench:
	@$(MAKE) --no-print-directory MODE=release program
	@STREAMSQL=$(CURDIR)/build/release/streamsql bench/run
deps:
	@tools/deps
demo:
	@tools/deps
	@$(MAKE) --no-print-directory MODE=release program
	@build/release/streamsql demo
clean:
	rm -rf $(MODES:%=build/%) $(GEN)
distclean: clean
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
