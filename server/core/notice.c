/* Reads notices. They come from our own database, and are read as strictly as anything. */
#include "core/notice.h"

#include "base/num.h"

static bool parse_hex(struct slice word, struct id *ret)
{
	if (word.n != 2 * sizeof(ret->b))
		return false;
	for (size_t i = 0; i < word.n; i++) {
		uint8_t c = word.p[i];
		uint8_t digit;
		if (c >= '0' && c <= '9')
			digit = (uint8_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (uint8_t)(c - 'a' + 10);
		else
			return false;
		ret->b[i / 2] = (uint8_t)(ret->b[i / 2] << 4 | digit);
	}
	return true;
}

static bool next_id(struct slice *rest, struct id *ret)
{
	struct slice word;
	return slice_next(rest, ' ', &word) && parse_hex(word, ret);
}

static bool next_number(struct slice *rest, uint8_t separator, int64_t *ret)
{
	struct slice word;
	uint64_t v;
	if (!slice_next(rest, separator, &word) || !num_parse_u64(word, INT64_MAX, &v))
		return false;
	*ret = (int64_t)v;
	return true;
}

bool notice_next_range(struct slice *rest, struct notice_range *ret)
{
	struct slice word, room;
	return slice_next(rest, ' ', &word) && slice_next(&word, ':', &room) &&
	       parse_hex(room, &ret->room) && next_number(&word, '-', &ret->first) &&
	       next_number(&word, '-', &ret->last) && word.n == 0 && ret->first <= ret->last;
}

/* How many ids follow the organisation, and whether a number does. */
static const struct {
	enum notice_kind kind;
	unsigned n_ids;
	bool number;
} forms[] = {
	{NOTICE_MESSAGES, 0, false},
	{NOTICE_CONTROL, 1, true},
	{NOTICE_PENDING, 1, false},
	{NOTICE_IDENTITY, 1, false},
	{NOTICE_SESSION, 2, false},
	{NOTICE_TYPING, 2, false},
	{NOTICE_INVITATION, 2, false},
	{NOTICE_NOTIFY, 1, false},
	{NOTICE_REMINDER, 1, false},
};

bool notice_parse(struct slice payload, struct notice *ret)
{
	struct slice word;
	struct notice notice = {.rest = payload};
	if (!slice_next(&notice.rest, ' ', &word) || word.n != 1 ||
		!next_id(&notice.rest, &notice.org))
		return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].kind != word.p[0])
			continue;
		notice.kind = forms[i].kind;
		if ((forms[i].n_ids > 0 && !next_id(&notice.rest, &notice.first)) ||
			(forms[i].n_ids > 1 && !next_id(&notice.rest, &notice.second)) ||
			(forms[i].number && !next_number(&notice.rest, ' ', &notice.number)))
			return false;
		*ret = notice;
		return (notice.kind == NOTICE_MESSAGES) == (notice.rest.n > 0);
	}
	return false;
}
