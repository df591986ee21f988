/* The small readers that everything stands on: base64url, numbers, UTF-8, notices, cookies. Each
 * has one spelling for each value, and the same words come back. */
#include "fuzz.h"

#include "base/b64.h"
#include "base/cleanup.h"
#include "core/notice.h"
#include "core/session.h"
#include "reference.h"

static void try_b64(struct slice s)
{
	AUTO(buf) struct buf text = BUF_MAX(SIZE_MAX / 2);
	AUTO(buf) struct buf bytes = BUF_MAX(SIZE_MAX / 2);
	uint8_t *at = buf_reserve(&bytes, b64_bytes_size(s.n));
	if (at != NULL && b64_decode(s, at) == ERR_OK) {
		b64_add(&text, buf_slice(&bytes));
		HOLD(slice_equal(buf_slice(&text), s));
	}
	buf_reset(&text);
	buf_reset(&bytes);
	b64_add(&text, s);
	HOLD(text.n == b64_text_size(s.n) && b64_bytes_size(text.n) == s.n);
	at = buf_reserve(&bytes, s.n);
	HOLD(s.n == 0 || (at != NULL && b64_decode(buf_slice(&text), at) == ERR_OK));
	HOLD(slice_equal(buf_slice(&bytes), s));
}

static void try_number(struct slice s)
{
	AUTO(buf) struct buf text = BUF_MAX(64);
	uint64_t u;
	int64_t i;
	if (num_parse_u64(s, UINT64_MAX, &u)) {
		buf_addf(&text, "%llu", (unsigned long long)u);
		HOLD(slice_equal(buf_slice(&text), s));
		HOLD(u == 0 || !num_parse_u64(s, u - 1, &u));
	}
	if (num_parse_i64(s, &i)) {
		buf_reset(&text);
		buf_add_decimal(&text, i);
		HOLD(slice_equal(buf_slice(&text), s));
	}
}

static void try_notice(struct slice s)
{
	struct notice notice;
	struct notice_range range;
	if (!notice_parse(s, &notice))
		return;
	HOLD((notice.kind == NOTICE_MESSAGES) == (notice.rest.n > 0) && notice.number >= 0);
	while (notice_next_range(&notice.rest, &range))
		HOLD(range.first >= 0 && range.first <= range.last);
}

/* A token is taken from exactly one cookie of exactly this name. */
static void try_cookie(struct slice s)
{
	static const char name[] = SESSION_COOKIE "=";
	struct hash hash;
	if (!session_token_hash(s, SESSION_COOKIE, &hash))
		return;
	const uint8_t *at = memmem(s.p, s.n, name, sizeof(name) - 1);
	HOLD(at != NULL && s.n >= sizeof(name) - 1 + SESSION_TOKEN_TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	HOLD(slice_is_utf8(s) == reference_is_utf8(data, size));
	try_b64(s);
	try_number(s);
	try_notice(s);
	try_cookie(s);
	return 0;
}
