/* exchange_chain.h: one task's part of an exchange under test: a chain (tests/unit/executor/chain.h) whose operator passes rows on, and the
 * items of channels as text. */
#pragma once

#include "tests/unit/executor/chain.h"

#include "core/base/env.h"
#include "runtime/exchange/channel.h"
#include "runtime/exchange/receiver.h"
#include "runtime/exchange/router.h"
#include "runtime/exchange/wakeup.h"

struct exchange_chain {
    struct chain chain;
    struct wakeup wakeup;
};

/* Rows "k BIGINT, s STRING, v BIGINT" and what is done to them: nothing (UNION ALL of one). */
static inline void exchange_chain_open(struct exchange_chain *exchange) {
    static const char columns[] = "k BIGINT, s STRING, v BIGINT";
    Plan__Node *node = chain_init(&exchange->chain, columns, columns);
    node->operation_case = PLAN__NODE__OPERATION_UNION_ALL;
    node->change_mode = PLAN__CHANGE_MODE__RETRACT;
    chain_open(&exchange->chain, node);
    assert_int_equal(wakeup_init(&exchange->wakeup, &exchange->chain.error), STATUS_OK);
}

static inline void exchange_chain_close(struct exchange_chain *exchange) {
    wakeup_release(&exchange->wakeup);
    chain_close(&exchange->chain);
}

/* What the channel has, one item a line but rows one each, a batch closed by "--". */
static inline void print_channel(struct strbuf *out, struct channel *channel) {
    struct channel_item item;
    while (channel_take(channel, &item)) {
        switch (item.kind) {
        case CHANNEL_BATCH:
            print_batch(out, item.batch);
            strbuf_append_text(out, "--\n");
            batch_release(item.batch);
            break;
        case CHANNEL_WATERMARK:
            if (item.watermark_us == WATERMARK_END)
                strbuf_append_text(out, "~end\n");
            else
                strbuf_printf(out, "~%lld\n", (long long)item.watermark_us);
            break;
        case CHANNEL_IDLE: strbuf_append_text(out, item.idle ? "idle\n" : "active\n"); break;
        case CHANNEL_BARRIER:
            strbuf_printf(out, "barrier %llu.%u\n", (unsigned long long)item.barrier.epoch, item.barrier.attempt);
            break;
        case CHANNEL_END: strbuf_append_text(out, "end\n"); break;
        }
    }
}

static inline void expect_channel(struct channel *channel, const char *expected) {
    struct strbuf text;
    strbuf_init(&text);
    print_channel(&text, channel);
    assert_string_equal(strbuf_text(&text), expected);
    strbuf_release(&text);
}
