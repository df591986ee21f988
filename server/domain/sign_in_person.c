/* From an open token to a session: the person's accounts are found by blind index, what is known of
 * them is renewed, and one account is signed into. Nobody is refused for being known under an older
 * index key, and nobody gets an account who was not invited. */
#include "domain/sign_in_parts.h"

#include "base/clock.h"
#include "base/crypt.h"
#include "core/state.h"
#include "domain/outcome.h"
#include "domain/session_start.h"
#include "sql_gen.h"

enum { MS = 1000 };

/* --- the end --- */

static void sign_in_audited(struct request *r, const struct pg_result *result)
{
	(void)result;
	const struct login *login = r->state;
	if (!login->taken) { /* a choice was made */
		struct identify_choose_out out = {
			.user = r->session.user, .role = (uint8_t)r->session.role};
		req_reply(r, &out);
		return;
	}
	struct identify_finish_out out = {.has_user = true,
		.user = r->session.user,
		.has_role = true,
		.role = (uint8_t)r->session.role,
		.carry_key = login_carry_key(&r->login, &login->salt)};
	req_reply(r, &out);
}

static void session_begun(struct request *r, enum err e)
{
	if (e != ERR_OK) {
		login_refuse(r, "account_gone");
		return;
	}
	cookie_clear(r, LOGIN_COOKIE);
	const struct pg_param params[] = {pg_id(&r->session.user), pg_bytes(SLICE_LIT("sign_in")),
		pg_id(&r->session.session), pg_bytes(SLICE_LIT("oidc"))};
	req_query(r, STMT_AUDIT_ADD, params, 4, sign_in_audited);
}

static void sign_in_as(struct request *r, const struct id *org, const struct id *account)
{
	const struct login *login = r->state;
	const struct session_start how = {.org = *org,
		.user = *account,
		.method = SESSION_OIDC,
		.identified_at = login->identified_at,
		.acr = login->acr};
	session_start(r, &how, session_begun);
}

/* --- several accounts --- */

static void choice_stored(struct request *r, const struct pg_result *result)
{
	(void)result;
	const struct login *login = r->state;
	size_t n = login->n_accounts;
	struct wire_sign_in_choice *rows = arena_array(r->arena, n, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_sign_in_choice){.choice = login->accounts[i].account,
			.role = (uint8_t)login->accounts[i].role,
			.organisation = login->accounts[i].organisation};
	struct identify_finish_out out = {.carry_key = login_carry_key(&r->login, &login->salt),
		.choices = rows,
		.n_choices = n};
	req_reply(r, &out);
}

static void offer_choice(struct request *r)
{
	const struct login *login = r->state;
	size_t n = login->n_accounts;
	struct hash cookie = crypt_sha256(hash_slice(&r->login));
	struct pg_param *orgs = arena_array(r->arena, n, sizeof(*orgs));
	struct pg_param *accounts = arena_array(r->arena, n, sizeof(*accounts));
	for (size_t i = 0; i < n; i++) {
		orgs[i] = pg_id(&login->accounts[i].org);
		accounts[i] = pg_id(&login->accounts[i].account);
	}
	const struct pg_param params[LOGIN_CHOICE_PUT_N_IN] = {
		[LOGIN_CHOICE_PUT_IN_COOKIE_HASH] = pg_hash(&cookie),
		[LOGIN_CHOICE_PUT_IN_ACR] = pg_bytes(login->acr),
		[LOGIN_CHOICE_PUT_IN_IDENTIFIED_AT] = pg_time(login->identified_at),
		[LOGIN_CHOICE_PUT_IN_ORGS] = pg_array(orgs, n),
		[LOGIN_CHOICE_PUT_IN_ACCOUNTS] = pg_array(accounts, n),
	};
	req_query(r, STMT_LOGIN_CHOICE_PUT, params, LOGIN_CHOICE_PUT_N_IN, choice_stored);
}

static void choice_taken(struct request *r, const struct pg_result *result)
{
	const struct identify_choose_in *in = r->in;
	struct login *login = r->state;
	if (pg_rows(result) == 0) {
		login_refuse(r, "no_choice");
		return;
	}
	struct id org = pg_get_id(result, 0, LOGIN_CHOICE_TAKE_ORG);
	login->acr = arena_copy(r->arena, pg_get_bytes(result, 0, LOGIN_CHOICE_TAKE_ACR));
	login->identified_at = pg_get_time(result, 0, LOGIN_CHOICE_TAKE_IDENTIFIED_AT);
	sign_in_as(r, &org, &in->choice);
}

void identify_choose(struct request *r)
{
	const struct identify_choose_in *in = r->in;
	r->state = ARENA_NEW(r->arena, struct login);
	if (!r->has_login) {
		login_refuse(r, "no_cookie");
		return;
	}
	struct hash cookie = crypt_sha256(hash_slice(&r->login));
	const struct pg_param params[] = {pg_hash(&cookie), pg_id(&in->choice)};
	req_query(r, STMT_LOGIN_CHOICE_TAKE, params, 2, choice_taken);
}

/* --- somebody who is known --- */

static struct pg_param param_or_null(struct slice bytes)
{
	return bytes.n > 0 ? pg_bytes(bytes) : pg_null();
}

/* Code, names, country, provider, acr, identified_at: the last seven of two statements. */
static void put_person(
	const struct login *login, const struct keys_person *person, struct pg_param params[7])
{
	params[0] = pg_bytes(person->code);
	params[1] = param_or_null(person->given_name);
	params[2] = param_or_null(person->family_name);
	params[3] = pg_bytes(login->country);
	params[4] = pg_bytes(slice_text(login->provider->slug));
	params[5] = pg_bytes(login->acr);
	params[6] = pg_time(login->identified_at);
}

static void record_next(struct request *r);

static void account_recorded(struct request *r, const struct pg_result *result)
{
	struct login *login = r->state;
	if (!pg_get_bool(result, 0, IDENTITY_RECORD_RECORDED)) {
		login_refuse(r, "account_gone"); /* or became another's meanwhile */
		return;
	}
	login->at++;
	record_next(r);
}

/* All accounts of the person are renewed, also those that will not be chosen. */
static void record_next(struct request *r)
{
	const struct login *login = r->state;
	if (login->at == login->n_accounts) {
		if (login->n_accounts == 1)
			sign_in_as(r, &login->accounts[0].org, &login->accounts[0].account);
		else
			offer_choice(r);
		return;
	}
	const struct login_account *a = &login->accounts[login->at];
	const struct keys_person *p = a->person;
	struct pg_param params[IDENTITY_RECORD_N_IN] = {
		[IDENTITY_RECORD_IN_ACCOUNT] = pg_id(&a->account),
		[IDENTITY_RECORD_IN_VERSION] = pg_int(p->version),
		[IDENTITY_RECORD_IN_INDEX] = pg_hash(&p->index),
	};
	if (p->previous_version > 0) {
		params[IDENTITY_RECORD_IN_PREVIOUS_VERSION] = pg_int(p->previous_version);
		params[IDENTITY_RECORD_IN_PREVIOUS_INDEX] = pg_hash(&p->previous_index);
	}
	put_person(login, p, &params[IDENTITY_RECORD_IN_CODE]);
	r->session.org = a->org;
	req_query(r, STMT_IDENTITY_RECORD, params, IDENTITY_RECORD_N_IN, account_recorded);
}

/* --- somebody who is new --- */

static void identity_begun(struct request *r, enum err e, const struct pg_result *result)
{
	const struct login *login = r->state;
	if (e == ERR_OK)
		e = outcome_parse(pg_get_bytes(result, 0, IDENTITY_BEGIN_OUTCOME));
	if (e == ERR_EXPIRED || e == ERR_USED) {
		login_end(r, err_word(e), e);
	} else if (e != ERR_OK) {
		login_refuse(r, err_word(e));
	} else {
		struct id account = pg_get_id(result, 0, IDENTITY_BEGIN_ACCOUNT);
		sign_in_as(r, &login->org, &account);
	}
}

static void begin_account(struct request *r)
{
	const struct login *login = r->state;
	const struct keys_person *p = &login->persons[0];
	struct id account = crypt_random_id();
	struct pg_param params[IDENTITY_BEGIN_N_IN] = {
		[IDENTITY_BEGIN_IN_ACCOUNT] = pg_id(&account),
		[IDENTITY_BEGIN_IN_ROOM] = login->has_room ? pg_id(&login->room) : pg_null(),
		[IDENTITY_BEGIN_IN_TOKEN_HASH] = pg_hash(&login->ticket),
		[IDENTITY_BEGIN_IN_VERSION] = pg_int(p->version),
		[IDENTITY_BEGIN_IN_INDEX] = pg_hash(&p->index),
	};
	if (p->previous_version > 0) {
		params[IDENTITY_BEGIN_IN_PREVIOUS_VERSION] = pg_int(p->previous_version);
		params[IDENTITY_BEGIN_IN_PREVIOUS_INDEX] = pg_hash(&p->previous_index);
	}
	put_person(login, p, &params[IDENTITY_BEGIN_IN_CODE]);
	r->session.org = login->org;
	req_query_then(r, STMT_IDENTITY_BEGIN, params, IDENTITY_BEGIN_N_IN, identity_begun);
}

/* --- who it is --- */

static const struct keys_person *person_of(const struct login *login, const struct id *org)
{
	for (size_t i = 0; i < login->n_persons; i++)
		if (id_equal(&login->persons[i].org, org))
			return &login->persons[i];
	return NULL;
}

/* False: a row that cannot be. */
static bool account_take(struct request *r, const struct pg_result *result, size_t row)
{
	struct login *login = r->state;
	struct login_account *a = &login->accounts[login->n_accounts++];
	a->org = pg_get_id(result, row, IDENTITY_FIND_ORG);
	a->account = pg_get_id(result, row, IDENTITY_FIND_ACCOUNT);
	a->organisation =
		arena_copy(r->arena, pg_get_bytes(result, row, IDENTITY_FIND_ORGANISATION));
	a->person = person_of(login, &a->org);
	return a->person != NULL &&
	       session_role_parse(pg_get_bytes(result, row, IDENTITY_FIND_ROLE), &a->role);
}

/* --- somebody who is here already, with a link for a new one --- */

static void enrolment_spoilt(struct request *r, const struct pg_result *result)
{
	(void)result; /* gone before: just as well */
	login_end(r, err_word(ERR_ALREADY_HERE), ERR_ALREADY_HERE);
}

/* The link is used up: else it would wait a week for whoever finds it. */
static void spoil_enrolment(struct request *r)
{
	const struct login *login = r->state;
	r->session.org = login->org;
	const struct pg_param params[] = {
		pg_id(&login->accounts[0].account), pg_hash(&login->ticket)};
	req_query(r, STMT_ENROLMENT_SPOIL, params, 2, enrolment_spoilt);
}

static void accounts_found(struct request *r, const struct pg_result *result)
{
	struct login *login = r->state;
	size_t n = pg_rows(result), n_disabled = 0;
	login->accounts = arena_array(r->arena, n + 1, sizeof(*login->accounts));
	for (size_t i = 0; i < n; i++) {
		if (pg_get_bool(result, i, IDENTITY_FIND_DISABLED)) {
			n_disabled++;
		} else if (!account_take(r, result, i)) {
			req_fail(r, ERR_INTERNAL);
			return;
		}
	}
	if (login->n_accounts > 0 && login->has_ticket && !login->has_room)
		spoil_enrolment(r);
	else if (login->n_accounts > 0)
		record_next(r);
	else if (n_disabled > 0)
		login_refuse(r, "account_disabled");
	else if (login->has_ticket)
		begin_account(r);
	else
		login_end(r, "no_room", ERR_NO_ROOM);
}

/* Each person's index, and the one under the key before. */
static size_t put_indexes(const struct login *login, struct pg_param *const columns[3])
{
	size_t n = 0;
	for (size_t i = 0; i < login->n_persons; i++) {
		const struct keys_person *p = &login->persons[i];
		columns[0][n] = pg_id(&p->org);
		columns[1][n] = pg_int(p->version);
		columns[2][n++] = pg_hash(&p->index);
		if (p->previous_version == 0)
			continue;
		columns[0][n] = pg_id(&p->org);
		columns[1][n] = pg_int(p->previous_version);
		columns[2][n++] = pg_hash(&p->previous_index);
	}
	return n;
}

bool login_person_add(struct request *r, const struct keys_answer *answer)
{
	struct login *login = r->state;
	if (!login->persons)
		login->persons = arena_array(r->arena, login->n_orgs, sizeof(*login->persons));
	if (answer->n_persons == 0 || answer->n_persons > login->n_orgs - login->n_persons)
		return false;
	struct slice rest = arena_copy(r->arena, answer->persons);
	for (size_t i = 0; i < answer->n_persons; i++)
		if (!keys_next_person(&rest, &login->persons[login->n_persons++]))
			return false;
	login->acr = arena_copy(r->arena, answer->acr);
	login->country = arena_copy(r->arena, slice_of(answer->country, sizeof(answer->country)));
	login->identified_at = answer->auth_time > 0 ? answer->auth_time * MS : clock_wall_ms();
	return true;
}

void login_identified(struct request *r)
{
	const struct login *login = r->state;
	struct pg_param *columns[3];
	for (size_t i = 0; i < 3; i++)
		columns[i] = arena_array(r->arena, 2 * login->n_persons, sizeof(struct pg_param));
	size_t n = put_indexes(login, columns);
	const struct pg_param params[] = {
		pg_array(columns[0], n), pg_array(columns[1], n), pg_array(columns[2], n)};
	req_query(r, STMT_IDENTITY_FIND, params, 3, accounts_found);
}
