/* The offices of an organisation and the people to write to: an operator's to keep for any, an
 * admin's for their own. Who reaches which, the database says (organisation_at). */
#include "base/crypt.h"
#include "domain/cells.h"
#include "sql_gen.h"

static const char *const bases[] = {"none", "office", "rules", "register", "proxy", "decision"};

static void offices_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_office_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_office_row){
			.office = pg_get_id(result, i, OFFICE_LIST_OFFICE),
			.name = cell_text(r, result, i, OFFICE_LIST_NAME),
			.address = cell_text(r, result, i, OFFICE_LIST_ADDRESS),
			.hours = cell_text(r, result, i, OFFICE_LIST_HOURS),
		};
	struct office_list_out out = {.offices = rows, .n_offices = n};
	req_reply(r, &out);
}

void office_list(struct request *r)
{
	const struct office_list_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), param_maybe_id(in->has_org, &in->org)};
	req_query(r, STMT_OFFICE_LIST, params, 2, offices_listed);
}

void office_put(struct request *r)
{
	const struct office_put_in *in = r->in;
	struct id office = in->has_office ? in->office : crypt_random_id();
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_org, &in->org), pg_id(&office),
		param_maybe(!in->gone, in->name), pg_bytes(in->address), pg_bytes(in->hours)};
	req_query(r, STMT_OFFICE_PUT, params, sizeof(params) / sizeof(params[0]), reply_done);
}

static void contacts_listed(struct request *r, const struct pg_result *result)
{
	size_t n = pg_rows(result);
	struct wire_contact_row *rows = arena_array(r->arena, n + 1, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct wire_contact_row){
			.contact = pg_get_id(result, i, CONTACT_LIST_CONTACT),
			.name = cell_text(r, result, i, CONTACT_LIST_NAME),
			.title = cell_text(r, result, i, CONTACT_LIST_TITLE),
			.email = cell_text(r, result, i, CONTACT_LIST_EMAIL),
			.phone = cell_text(r, result, i, CONTACT_LIST_PHONE),
			.basis = CELL_PLACE(pg_get_bytes(result, i, CONTACT_LIST_BASIS), bases),
			.basis_text = cell_text(r, result, i, CONTACT_LIST_BASIS_TEXT),
		};
	struct contact_list_out out = {.contacts = rows, .n_contacts = n};
	req_reply(r, &out);
}

void contact_list(struct request *r)
{
	const struct contact_list_in *in = r->in;
	const struct pg_param params[] = {
		pg_id(&r->session.user), param_maybe_id(in->has_org, &in->org)};
	req_query(r, STMT_CONTACT_LIST, params, 2, contacts_listed);
}

void contact_put(struct request *r)
{
	const struct contact_put_in *in = r->in;
	struct id contact = in->has_contact ? in->contact : crypt_random_id();
	const struct pg_param params[] = {pg_id(&r->session.user),
		param_maybe_id(in->has_org, &in->org), pg_id(&contact),
		param_maybe(!in->gone, in->name), pg_bytes(in->title), pg_bytes(in->email),
		pg_bytes(in->phone), param_word(bases[in->basis]), pg_bytes(in->basis_text)};
	req_query(r, STMT_CONTACT_PUT, params, sizeof(params) / sizeof(params[0]), reply_done);
}
