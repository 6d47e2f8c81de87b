# Logolens: one file, GNU make. `make help` lists the targets.
# Objects go to build/ (release) or build/<flavour>/, so flavours never disturb each other.

FLAVOR  ?= release
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
O       := $(if $(filter release,$(FLAVOR)),build,build/$(FLAVOR))
PYTHON  ?= python3
.DEFAULT_GOAL := all

# ---- flags -------------------------------------------------------------------------------------------------------
PKGS    := libzmq jansson libsodium libturbojpeg zlib
WARN    := -Wall -Wextra -Werror -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough
# What a compiler does not take is left out: clang 14 has no trampolines to warn of, and gcc 11 no third level.
takes    = $(shell echo 'int main(void) { return 0; }' | $(CC) -Werror $(1) -x c -fsyntax-only - >/dev/null 2>&1 && echo '$(1)')
FORTIFY := $(if $(filter 1,$(shell echo '__has_builtin(__builtin_dynamic_object_size)' | $(CC) -E -P -x c - 2>/dev/null)),3,2)
HARDEN  := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE $(call takes,-ftrivial-auto-var-init=zero)
WARN    += $(call takes,-Wtrampolines)
OPT_release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(FORTIFY) $(HARDEN)
OPT_debug   := -O0 -g3
# Line tables are all a sanitizer's report needs; the rest of -g is a fifth of the time and a third of the space.
OPT_asan    := -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT_tsan    := -O1 -g1 -fno-omit-frame-pointer -fsanitize=thread
OPT_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
OPT_cover   := -O0 -g --coverage
$(if $(OPT_$(FLAVOR)),,$(error FLAVOR is one of release, debug, asan, tsan, cover, fuzz; not $(FLAVOR)))
CFLAGS  += -std=c17 -D_GNU_SOURCE -I. -I$(O)/gen -pthread $(OPT_$(FLAVOR)) $(WARN)
LDFLAGS += -pthread $(OPT_$(FLAVOR)) $(if $(filter release,$(FLAVOR)),-pie -Wl$(,)-z$(,)relro -Wl$(,)-z$(,)now -Wl$(,)-z$(,)noexecstack)
, := ,
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS    = $(shell pkg-config --libs $(PKGS) 2>/dev/null || echo -lzmq -ljansson -lsodium -lturbojpeg -lz)
NN_LIBS    := -ljansson -lz -lm -ldl
# The library's inner loops want -O3; instruction sets belong to single files, chosen at run time.
$(O)/obj/nnlib/%.o: CFLAGS += $(if $(filter release,$(FLAVOR)),-O3) -ffp-contract=off
# Pictures are the same on every machine: no fused multiply-add, and no stack byte ever reaches a pixel.
$(O)/obj/lib/image/%.o: CFLAGS += $(if $(filter release,$(FLAVOR)),-O3) -ffp-contract=off
$(O)/obj/lib/image/stb.o: CFLAGS += -ftrivial-auto-var-init=$(if $(findstring clang,$(CC)),pattern,zero)
$(O)/obj/lib/sample/%.o: CFLAGS += $(if $(filter release,$(FLAVOR)),-O3) -ffp-contract=off
# Types and constants only: the library is loaded at first use.
$(O)/obj/lib/hdf5/%.o: CFLAGS += $(shell pkg-config --cflags hdf5 2>/dev/null || echo -I/usr/include/hdf5/serial)
%_avx2.o: CFLAGS += -mavx2 -mfma -ffp-contract=on
%_avx512.o: CFLAGS += -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -ffp-contract=on

# ---- sources -----------------------------------------------------------------------------------------------------
NN_DIRS  := nnlib/core nnlib/kernels nnlib/layers nnlib/optim nnlib/model nnlib/train nnlib/io
LIB_DIRS := lib/image lib/hdf5 lib/sample lib/data lib/plot lib/net lib/store lib/report scraper kernel/dsl \
            kernel/commands kernel/jupyter
BASE_SRC := $(wildcard lib/base/*.c)
NN_SRC   := $(foreach d,$(NN_DIRS),$(wildcard $(d)/*.c))
# Other processors do without the files of x86 instructions; kernels.def leaves their lines out too.
NN_SRC   := $(if $(filter x86_64,$(shell uname -m)),$(NN_SRC),$(filter-out %_avx2.c %_avx512.c,$(NN_SRC)))
LIB_SRC  := $(foreach d,$(LIB_DIRS),$(wildcard $(d)/*.c))
LIB_SRC  := $(if $(filter x86_64,$(shell uname -m)),$(LIB_SRC),$(filter-out %_avx2.c %_avx512.c,$(LIB_SRC)))
MAIN_SRC := $(wildcard kernel/*.c)
obj       = $(patsubst %.c,$(O)/obj/%.o,$(1))

# ---- plug-in tables: the file name is the registration ------------------------------------------------------------
# table(name, array, header, type, symbol prefix, file glob)
define table
TABLES += $(O)/gen/$(1).c
$(O)/gen/$(1).c: $(6) $(dir $(6)) tools/gen-table.sh
	@mkdir -p $$(@D)
	@sh tools/gen-table.sh '$(4)' '$(2)' '$(3)' '$(5)' $(6) > $$@.tmp && mv $$@.tmp $$@
endef
LAYER_FILES   := $(wildcard nnlib/layers/layer_*.c)
OPTIM_FILES   := $(wildcard nnlib/optim/optim_*.c)
LOSS_FILES    := $(wildcard nnlib/optim/loss_*.c)
FORMAT_FILES  := $(wildcard nnlib/io/format_*.c)
COMMAND_FILES := $(wildcard kernel/commands/cmd_*.c)
OP_FILES      := $(wildcard lib/image/op_*.c)
PLATFORM_FILES := $(wildcard scraper/platform_*.c)
NN_TABLES     := $(if $(LAYER_FILES),layers) $(if $(OPTIM_FILES),optims) $(if $(LOSS_FILES),losses) $(if $(FORMAT_FILES),formats)
LIB_TABLES    := $(if $(COMMAND_FILES),commands) $(if $(OP_FILES),ops) $(if $(PLATFORM_FILES),platforms)
$(eval $(call table,layers,nn_layers,nnlib/core/layer.h,nn_layer_type,nn_layer_,$(LAYER_FILES)))
$(eval $(call table,optims,nn_optims,nnlib/core/optim.h,nn_optim_type,nn_optim_,$(OPTIM_FILES)))
$(eval $(call table,losses,nn_losses,nnlib/core/optim.h,nn_loss_type,nn_loss_,$(LOSS_FILES)))
$(eval $(call table,formats,nn_formats,nnlib/io/format.h,nn_format,nn_format_,$(FORMAT_FILES)))
$(eval $(call table,platforms,scrape_platforms,scraper/platform.h,scrape_platform,scrape_platform_,$(PLATFORM_FILES)))
$(eval $(call table,ops,img_ops,lib/image/op.h,img_op,img_op_,$(OP_FILES)))
$(eval $(call table,commands,dsl_commands,kernel/dsl/command.h,dsl_command,dsl_cmd_,$(COMMAND_FILES)))

# Files that the program carries: what `logolens install` writes for JupyterLab, and what `logolens lessons` writes.
# embed(table, folder, files, folders whose dates say that a file went away)
define embed
EMBEDDED += $(O)/gen/$(1).o
$(O)/gen/$(1).c: tools/gen-embed.sh $(3) $(4)
	@mkdir -p $$(@D)
	@sh tools/gen-embed.sh $(1) kernel/install.h $(2) $(3) > $$@.tmp && mv $$@.tmp $$@
endef
LAB_FILES := $(shell find install/labextension -type f 2>/dev/null | LC_ALL=C sort)
$(eval $(call embed,install_labextension,install/labextension,$(LAB_FILES),$(wildcard install/labextension install/labextension/static)))
$(eval $(call embed,install_lessons,notebooks,$(sort $(wildcard notebooks/[0-9][0-9]-*.ipynb)) notebooks/README.md))
$(eval $(call embed,install_practice,tests/servers,$(addprefix tests/servers/,practice.py services.py loopback.py)))

NN_OBJ  := $(call obj,$(BASE_SRC) $(NN_SRC)) $(NN_TABLES:%=$(O)/gen/%.o)
LIB_OBJ := $(call obj,$(LIB_SRC)) $(LIB_TABLES:%=$(O)/gen/%.o)

# ---- products ----------------------------------------------------------------------------------------------------
.PHONY: all
all: $(O)/libnnlib.a $(if $(MAIN_SRC),$(O)/logolens) ## build the kernel (build/logolens) and the library (build/libnnlib.a)

$(O)/libnnlib.a: $(NN_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^
	@echo "  AR   $@"

$(O)/obj/liblogolens.a: $(LIB_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(O)/logolens: $(call obj,$(MAIN_SRC)) $(EMBEDDED) $(O)/obj/liblogolens.a $(O)/libnnlib.a
	@$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(NN_LIBS)
	@echo "  LD   $@"

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/kernel/install.o: $(wildcard install/kernel.json.in install/logo-*)
$(O)/obj/lib/report/hyper.o: tools/write-hyper.py
$(O)/obj/lib/report/dash_page.o: $(wildcard lib/report/dash_page.css lib/report/dash_page.js)

$(O)/gen/%.o: $(O)/gen/%.c
	@$(CC) $(CFLAGS) -c -o $@ $<

# The pictures of sample:logos, drawn once for all tests that use them: 8 s of a processor, by the program itself. Drawing
# is tested in test_logos, and from an empty home in `make demo` and in the packages.
SAMPLE := build/test-home/sample
$(SAMPLE): $(wildcard lib/sample/*.[ch] lib/image/*.[ch]) | $(O)/logolens
	@rm -rf $(@D)/cache/samples
	@mkdir -p $(@D)
	@echo 'load logos from sample:logos size 16x16 limit 20' | LOGOLENS_HOME='$(CURDIR)/$(@D)' $(O)/logolens run - >/dev/null
	@touch $@

# ---- tests: one binary a file; tests/nnlib sees the library alone ---------------------------------------------------
T ?= *
test_bin   = $(patsubst tests/%.c,$(O)/tests/%,$(1))
UNIT      := $(call test_bin,$(wildcard tests/nnlib/test_$(T).c tests/unit/test_$(T).c))
# ThreadSanitizer is for what has threads: tests that start some, that make a pool, or that run commands, whose workbench
# has one. Of those NOT_IN_tsan leaves out what is long and has its threads in common with others.
THREADED  := pthread_create|lg_pool_new|tests/support/(lens|http_server)\.h
NOT_IN_tsan := $(addprefix %/test_,commands_bad commands_codes commands_complete commands_examples commands_golden \
	commands_manual commands_memory commands_words dsl_golden dsl_hostile language lr_race matrix_read overfit quiz \
	scrape_drive widget)
ifeq ($(FLAVOR)-$(T),tsan-*)
UNIT      := $(filter-out $(NOT_IN_tsan),$(call test_bin,$(shell grep -lE '$(THREADED)' tests/nnlib/test_*.c tests/unit/test_*.c)))
endif
# A test runs for a second: optimising it takes longer than what that saves.
$(O)/tests/%: CFLAGS += $(if $(filter release,$(FLAVOR)),-O1)
$(O)/tests/nnlib/%: tests/nnlib/%.c $(O)/libnnlib.a tests/support/test.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/libnnlib.a $(NN_LIBS)
$(O)/tests/unit/%: tests/unit/%.c $(O)/obj/liblogolens.a $(O)/libnnlib.a tests/support/test.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/obj/liblogolens.a $(O)/libnnlib.a $(PKG_LIBS) $(NN_LIBS)
# These look into the file themselves; the program loads SQLite at first use.
$(addprefix $(O)/tests/unit/,test_catalogue test_catalogue_kill test_history): PKG_LIBS += -lsqlite3
$(addprefix $(O)/tests/unit/test_,jail keras_file weights_corpus weights_file export_keras commands_export): | $(O)/logolens

$(O)/tests/unit/test_dsl_golden $(O)/tests/unit/test_logos: | $(SAMPLE)

.PHONY: unit unit-build
unit-build: $(UNIT)
unit: unit-build ## C tests only; T=name for one of them (T=dsl_parser)
	@FLAVOR=$(FLAVOR) sh tests/run.sh $(O)/tests $(UNIT)

# ---- the two commands of the README --------------------------------------------------------------------------------
VENV := build/venv
.PHONY: demo demo-run lab register
demo: ## set up, build, run the logo classifier on the sample set, show the result
	@sh install/setup.sh
	@$(MAKE) --no-print-directory -j"$$(nproc)" demo-run
demo-run: register
	@$(VENV)/bin/python tools/demo.py notebooks/01-logo-classifier.ipynb build/demo
register: all
	@build/logolens install --prefix $(VENV)
lab: ## open the notebook in JupyterLab
	@sh install/setup.sh
	@$(MAKE) --no-print-directory -j"$$(nproc)" register
	@$(VENV)/bin/jupyter lab notebooks/01-logo-classifier.ipynb

.PHONY: test test-run test-slow e2e browser
test: ## set up and run every fast test
	@sh install/setup.sh --tests
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	@$(MAKE) --no-print-directory test-run
test-run: lint all
	@sh tests/all.sh '$(FLAVOR)'
browser: all $(SAMPLE) ## the notebook in a real JupyterLab in headless Chromium
	@$(VENV)/bin/python tests/browser/test_jupyterlab.py
.PHONY: browser-editor browser-dashboard
browser-editor: all $(SAMPLE) ## JupyterLab at the keyboard: colours, folding, Tab, stop, prompts, subshells
	@$(VENV)/bin/python tests/browser/test_editor.py
browser-dashboard: $(O)/support/dash_tool ## the dashboard in headless Chromium: filters, photos, files, paper, keys alone, axe-core
	@$(VENV)/bin/python tests/browser/test_dashboard.py $(O)/support/dash_tool
test-slow: ## sanitizers, both compilers, long tests (after `make test`)
	@sh tests/slow.sh

# The kernel as other programs see it: Jupyter's own checks and ours, with the private Jupyter's Python.
JUPYTER_PYTHON ?= $(CURDIR)/$(VENV)/bin/python
.PHONY: e2e-build
e2e-build: $(O)/logolens $(SAMPLE) $(O)/support/decode_tool $(O)/support/keras_tool $(O)/support/net_tool $(O)/support/catalogue_tool
# AT_ONCE=3 runs three classes beside each other; BUT=packages leaves a file out.
e2e: e2e-build ## protocol tests against build/logolens; E=protocol for one file
	@LOGOLENS_FLAVOR=$(FLAVOR) LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' LSAN_OPTIONS='suppressions=$(CURDIR)/tests/support/lsan.supp:print_suppressions=0' \
	 TSAN_OPTIONS='suppressions=$(CURDIR)/tests/support/tsan.supp:halt_on_error=1' $(JUPYTER_PYTHON) tests/e2e/run.py '$(E)' $(if $(BUT),--but '$(BUT)') $(if $(AT_ONCE),--at-once $(AT_ONCE))

# ---- packages (docs/install.md, docs/adr/0158) ---------------------------------------------------------------------
.PHONY: wheel deb packages-test
wheel: all ## one file for pip that carries all it needs: build/dist/logolens-VERSION-py3-none-manylinux….whl
	@sh install/setup.sh --package
	@$(VENV)/bin/python tools/make_wheel.py build/logolens build/dist
deb: all ## a package for apt: build/dist/logolens_VERSION_ARCH.deb
	@sh install/setup.sh --package
	@$(PYTHON) tools/make_deb.py build/logolens build/dist
packages-test: ## both packages in systems that have nothing else (mmdebstrap, as root): notebooks, pictures, files, a page
	@sh tests/real/packages.sh

# Clients with windows, and the others again, in an environment of their own: PICTURES=DIR leaves the window there as PNG.
.PHONY: clients
CLIENTS := build/clients
$(CLIENTS)/ready: install/requirements.txt install/requirements-clients.txt
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/pip install --quiet --disable-pip-version-check $(addprefix -r ,$^)
	@touch $@
clients: e2e-build $(CLIENTS)/ready ## every client of Jupyter driven for real, qtconsole too (pip; PICTURES=DIR)
	@$(MAKE) --no-print-directory e2e E=clients JUPYTER_PYTHON=$(CURDIR)/$(CLIENTS)/bin/python
	@LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' $(CLIENTS)/bin/python tests/real/qt_window.py $(PICTURES)

.PHONY: soak visitors
visitors: ## clients that join and leave at any moment, for S seconds (180), best with FLAVOR=tsan
	@LOGOLENS_VISITORS=$(if $(filter command,$(origin S)),$(S),180) $(MAKE) --no-print-directory e2e E=visitors
soak: $(O)/logolens ## 50,000 cells through one kernel, which must not grow (CELLS=5000 for less)
	@LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' $(JUPYTER_PYTHON) tests/real/soak.py $(CELLS)

# ---- platforms: real servers on this computer, and one to practise on ------------------------------------------------
.PHONY: test-servers practice
test-servers: $(O)/logolens ## scrape real Bluesky, X by its specification and a line that cuts (npm; PART=kills, LOGOLENS_KILLS=100)
	@LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' $(PYTHON) tests/servers/run.py $(PART)
practice: all ## a platform with invented people for notebooks/09, until Ctrl-C
	@$(PYTHON) tests/servers/practice.py

# ---- benchmarks: a command, never a test ---------------------------------------------------------------------------
$(O)/bench/%: tests/bench/%.c $(O)/libnnlib.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/libnnlib.a $(NN_LIBS)
.PHONY: bench bench-kernels bench-bases bench-transfer
ROUNDS ?= 5
bench: $(O)/bench/bench_train bench-images ## an epoch and pictures, ours beside the peers (PEER_PYTHON=python with TensorFlow …), JSON
	@$(PYTHON) tests/bench/bench.py $(O)/bench/bench_train --rounds $(ROUNDS)
bench-bases: $(O)/bench/bench_bases ## one image and eight through every network to transfer from
	@$(O)/bench/bench_bases 0 $(ROUNDS)
# IMAGES=128 ROUNDS=3 THREADS=1 for less
bench-transfer: $(O)/bench/bench_transfer ## features of a frozen ResNet-50 and a head on them, ours beside PEER_PYTHON's and PEER_TORCH's
	@$(PYTHON) tests/bench/bench_transfer.py $(O)/bench/bench_transfer --rounds $(ROUNDS) --images $(or $(IMAGES),512) --threads $(or $(THREADS),1 2)
bench-kernels: $(O)/bench/bench_kernels ## every kernel variant on the report's shapes
	@$(O)/bench/bench_kernels
$(O)/support/%: tests/support/%.c $(O)/obj/liblogolens.a $(O)/libnnlib.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/obj/liblogolens.a $(O)/libnnlib.a $(PKG_LIBS) $(NN_LIBS)
$(O)/bench/bench_augment $(O)/bench/bench_images $(O)/bench/bench_jail: $(O)/bench/%: tests/bench/%.c $(O)/obj/liblogolens.a $(O)/libnnlib.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/obj/liblogolens.a $(O)/libnnlib.a $(PKG_LIBS) $(NN_LIBS)
.PHONY: bench-augment bench-images bench-jail bench-kernel bench-table bench-slider bench-tab
bench-tab: $(O)/logolens ## Tab and Shift-Tab with 10,000 labels, 100,000 images, 10,000 files, in milliseconds (TIMES=300; FOLDER=kept pictures)
	@LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' $(JUPYTER_PYTHON) tests/bench/bench_complete.py '$(TIMES)' $(FOLDER)
bench-table: $(O)/logolens ## a set of a million images through the kernel: seconds a cell, memory (IMAGES=20000 for less)
	@LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' $(JUPYTER_PYTHON) tests/bench/bench_table.py $(IMAGES)
bench-slider: $(O)/logolens ## from a slider's message to its drawing, in milliseconds (MOVES=100)
	@LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' $(JUPYTER_PYTHON) tests/bench/bench_sliders.py $(MOVES)
bench-kernel: $(O)/logolens ## the kernel beside PEER_PYTHON's ipykernel and xeus-python (ROUNDS=5, CELLS=50000): a table, and JSON
	@LOGOLENS_BINARY='$(CURDIR)/$(O)/logolens' $(JUPYTER_PYTHON) tests/bench/bench_kernel.py --rounds $(ROUNDS) --cells $(or $(CELLS),50000)
bench-jail: $(O)/bench/bench_jail $(O)/logolens ## decoding in the sandboxed helper beside decoding in the process
	@$(O)/bench/bench_jail $(O)/logolens 20
bench-images: $(O)/bench/bench_images $(O)/logolens ## JPEGs and variants, ours beside PEER_PYTHON's libraries: a table, and JSON
	@$(PYTHON) tests/bench/bench_images.py $(O)/bench/bench_images $(O)/logolens --rounds $(ROUNDS)
bench-augment: $(O)/bench/bench_augment ## what one variant of a picture costs
	@$(O)/bench/bench_augment

# More kills than the tests have, and answers that take their time.
.PHONY: scrape-kill
N ?= 100
scrape-kill: ## kill -9 a scrape N times (100) at random moments, and ask for every hostile answer there is
	@SCRAPE_KILLS=$(N) SCRAPE_SLOW=1 $(MAKE) --no-print-directory e2e E=scrape

.PHONY: tables
tables: $(O)/logolens $(O)/support/table_tool ## tables we write, read by PEER_PYTHON's pyarrow, duckdb and Tableau's library
	@$(or $(PEER_PYTHON),$(PYTHON)) tests/real/tables.py

.PHONY: docs words bless
docs: $(O)/logolens ## write docs/commands.md and docs/errors.md from the program's tables
	@$(O)/logolens manual > docs/commands.md
	@python3 tests/support/dsl_errors.py > docs/errors.md

words: $(O)/logolens ## put the words of the language into the JupyterLab extension and the Pygments lexer
	@$(PYTHON) tools/write-words.py $(O)/logolens

bless: $(O)/tests/unit/test_plot_golden ## rewrite the expected outputs of lib/plot; read the diff before you commit it
	@LOGOLENS_BLESS=1 $(O)/tests/unit/test_plot_golden

# Random bytes against one reader, by libFuzzer (clang): make fuzz F=wire S=60. Files in tests/fuzz/F are its beginning.
F ?= wire
S ?= 60
.PHONY: fuzz
fuzz: ## fuzz one reader: F=wire, S=seconds
	@$(MAKE) --no-print-directory CC=clang FLAVOR=fuzz build/fuzz/fuzz_$(F)
	@mkdir -p build/fuzz/corpus_$(F) && cd build/fuzz && LSAN_OPTIONS='suppressions=$(CURDIR)/tests/support/lsan.supp:print_suppressions=0' ./fuzz_$(F) -max_total_time=$(S) -max_len=8192 corpus_$(F) $(CURDIR)/tests/fuzz/$(F)
$(O)/fuzz_%: tests/fuzz/fuzz_%.c $(O)/obj/liblogolens.a $(O)/libnnlib.a
	@$(CC) $(CFLAGS) -fsanitize=fuzzer $(PKG_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(O)/obj/liblogolens.a $(O)/libnnlib.a $(PKG_LIBS) $(NN_LIBS)

.PHONY: lint
lint: $(O)/libnnlib.a $(O)/obj/liblogolens.a ## layering, symbols and house rules
	@$(PYTHON) tools/check-layers.py
	@sh tools/check-symbols.sh $(O)/obj
	@sh tools/check-isa.sh $(O)/obj
	@sh tools/check-words.sh
	@$(PYTHON) tools/check-codes.py

.PHONY: format
format: ## clang-format over all C
	@clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: clean help
clean: ## remove everything built, keep the private Jupyter, fetched servers and systems
	@find build -mindepth 1 -maxdepth 1 ! -name venv ! -name servers ! -name roots -exec rm -rf {} + 2>/dev/null || true
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

-include $(shell find $(O)/obj $(O)/tests $(O)/bench -name '*.d' -type f 2>/dev/null) $(wildcard $(O)/fuzz_*.d $(O)/support/*.d)
