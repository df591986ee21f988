/* Deadlines in coarse seconds. lws keeps its timers in one sorted list, which cost 59 % of the
 * processor in a storm of connects (libwebsockets 4.1.6, lws_sul); here setting one is a list
 * insertion, and a slot is looked at once in 128 seconds at most. */
#include "base/clock.h"
#include "io/exchange.h"

static uint32_t wheel_now(void)
{
	return (uint32_t)(clock_mono_ms() / 1000);
}

void wheel_init(struct server *s)
{
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		list_init(&s->wheel[i]);
	s->now = wheel_now();
}

void wheel_set(struct conn *c, uint32_t seconds)
{
	c->deadline = c->server->now + seconds + 1;
	list_remove(&c->slot);
	list_push(&c->server->wheel[c->deadline % WHEEL_SLOTS], &c->slot);
}

static void conn_expired(struct conn *c)
{
	switch (c->phase) {
	case PHASE_WS:
		ws_expired(c);
		return;
	case PHASE_NEW:
	case PHASE_BODY:
	case PHASE_WAITING:
	case PHASE_ANSWER:
		http_expired(c);
		return;
	case PHASE_GOODBYE:
	case PHASE_DONE:
		conn_kill(c);
		return;
	}
}

static void wheel_look(struct server *s, uint32_t slot)
{
	struct list due;
	list_init(&due);
	struct list *link;
	while ((link = list_shift(&s->wheel[slot % WHEEL_SLOTS])))
		list_push(&due, link);
	while ((link = list_shift(&due))) {
		struct conn *c = LIST_OF(link, struct conn, slot);
		if (c->deadline > s->now)
			list_push(&s->wheel[c->deadline % WHEEL_SLOTS], link);
		else
			conn_expired(c);
	}
}

void wheel_tick(void *server)
{
	struct server *s = server;
	uint32_t before = s->now;
	s->now = wheel_now();
	for (uint32_t t = before + 1; t <= s->now && t - before <= WHEEL_SLOTS; t++)
		wheel_look(s, t);
}
