/* The first lines of each answer, written out by ourselves: the same security headers on every one,
 * and nothing that lws would add. A connection carries one request, so that every answer says
 * close. */
#include "io/wire.h"

#define CSP_STRICT \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " \
	"font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action " \
	"'self'; " \
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app"

#define HSTS "max-age=63072000; includeSubDomains"

const char head_security[] = "strict-transport-security: " HSTS "\r\n"
			     "x-content-type-options: nosniff\r\n"
			     "referrer-policy: no-referrer\r\n"
			     "cross-origin-opener-policy: same-origin\r\n"
			     "cross-origin-embedder-policy: require-corp\r\n"
			     "cross-origin-resource-policy: same-origin\r\n"
			     "permissions-policy: camera=(), geolocation=(), microphone=()\r\n";

static const struct lws_protocol_vhost_options lws_options[] = {
	{&lws_options[1], NULL, "content-security-policy:", CSP_STRICT},
	{&lws_options[2], NULL, "strict-transport-security:", HSTS},
	{&lws_options[3], NULL, "x-content-type-options:", "nosniff"},
	{&lws_options[4], NULL, "referrer-policy:", "no-referrer"},
	{&lws_options[5], NULL, "cross-origin-opener-policy:", "same-origin"},
	{&lws_options[6], NULL, "cross-origin-embedder-policy:", "require-corp"},
	{&lws_options[7], NULL, "cross-origin-resource-policy:", "same-origin"},
	{&lws_options[8], NULL, "permissions-policy:", "camera=(), geolocation=(), microphone=()"},
	{NULL, NULL, "cache-control:", "no-store"},
};

const struct lws_protocol_vhost_options *head_lws_options(void)
{
	return lws_options;
}

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {{200, "OK"}, {204, "No Content"}, {302, "Found"}, {303, "See Other"},
	{304, "Not Modified"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
	{404, "Not Found"}, {405, "Method Not Allowed"}, {409, "Conflict"}, {410, "Gone"},
	{411, "Length Required"}, {413, "Content Too Large"}, {426, "Upgrade Required"},
	{429, "Too Many Requests"}, {500, "Internal Server Error"}, {503, "Service Unavailable"}};

static const char *head_reason(unsigned status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Answer";
}

static bool head_has(const struct http_response *response, const char *name)
{
	for (size_t i = 0; i < response->n_headers; i++) {
		if (strcmp(response->headers[i].name, name) == 0)
			return true;
	}
	return false;
}

/* A line break in a value would begin another header: such a header is left out. */
static bool head_is_clean(struct slice value)
{
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < ' ' || value.p[i] == 0x7f)
			return false;
	}
	return true;
}

void head_write(struct buf *to, const struct http_response *response, size_t body_size)
{
	buf_addf(to, "HTTP/1.1 %u %s\r\n", response->status, head_reason(response->status));
	buf_addf(to, "content-security-policy: %s\r\n", response->csp ? response->csp : CSP_STRICT);
	buf_add_text(to, head_security);
	if (response->content_type)
		buf_addf(to, "content-type: %s\r\n", response->content_type);
	if (!head_has(response, "cache-control:"))
		buf_add_text(to, "cache-control: no-store\r\n");
	for (size_t i = 0; i < response->n_headers; i++) {
		if (!head_is_clean(response->headers[i].value))
			continue;
		buf_addf(to, "%s ", response->headers[i].name);
		buf_add(to, response->headers[i].value);
		buf_add_text(to, "\r\n");
	}
	if (response->status != 304 && response->status != 204)
		buf_addf(to, "content-length: %zu\r\n", body_size);
	buf_add_text(to, "connection: close\r\n\r\n");
}
