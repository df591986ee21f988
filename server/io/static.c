/* The built site in memory: small, read once, answered without touching a disk. Each file knows its
 * type, its ETag (from its bytes), how long it may be kept and its policy; a browser that takes
 * br gets the file that the build put beside it. */
#include "io/static.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/cleanup.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"

enum { SITE_MAX = 64 << 20, DEPTH_MAX = 6, PATH_BYTES_MAX = 4096, ETAG_SIZE = 26 };
enum encoding { PLAIN, BR, N_ENCODINGS };

struct file {
	struct slice bytes[N_ENCODINGS]; /* p is NULL: there is none */
	char etag[N_ENCODINGS][ETAG_SIZE + 1];
	const char *type, *csp;
	bool immutable;
};

struct site {
	struct map *files; /* "/index.html" -> struct file */
	size_t size;
};

static const struct {
	const char *suffix, *type;
} types[] = {{".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
	{".json", "application/json"}, {".svg", "image/svg+xml"}, {".png", "image/png"},
	{".jpg", "image/jpeg"}, {".ico", "image/x-icon"}, {".woff2", "font/woff2"},
	{".ttf", "font/ttf"}, {".wasm", "application/wasm"}, {".txt", "text/plain; charset=utf-8"},
	{".webmanifest", "application/manifest+json"}};

static const char br_suffix[] = ".br";

/* The worker that runs Argon2 is WebAssembly, and the only response that may be. */
static const char csp_argon2[] =
	"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri "
	"'none'; "
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
	"trusted-types app";

/* What draws PDF pages fetches nothing: a document that broke it would have nowhere to tell. */
static const char csp_pdf[] =
	"default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; "
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app";

/* By how their names begin; all others have the policy of the document. */
static const struct {
	const char *begins, *csp;
} policies[] = {{"argon2-", csp_argon2}, {"pdf-", csp_pdf}};

static const char *site_csp(struct slice name)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (slice_starts(name, slice_text(policies[i].begins)))
			return policies[i].csp;
	return NULL;
}

static bool ends_with(struct slice text, const char *suffix)
{
	size_t n = strlen(suffix);
	return text.n >= n && memcmp(text.p + text.n - n, suffix, n) == 0;
}

static const char *site_type(struct slice path)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (ends_with(path, types[i].suffix))
			return types[i].type;
	}
	return "application/octet-stream";
}

static struct slice site_name(struct slice path)
{
	struct slice name = path, part;
	while (slice_next(&path, '/', &part))
		name = part;
	return name;
}

/* A name with a hash of eight or more characters before its last dot: "app-1A2B3C4D.js". */
static bool site_is_hashed(struct slice name)
{
	enum { HASH_MIN = 8 };
	size_t dash = 0, dot = 0;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '-' && !dot)
			dash = i + 1;
		if (name.p[i] == '.' && !dot)
			dot = i;
	}
	return dash && dot >= dash + HASH_MIN;
}

static bool read_whole(const char *path, struct slice *ret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool good = fstat(fd, &st) == 0 && st.st_size <= SITE_MAX;
	size_t size = good ? (size_t)st.st_size : 0, n = 0;
	uint8_t *bytes = mem_new(size);
	while (good && n < size) {
		ssize_t got = read(fd, bytes + n, size - n);
		good = got > 0;
		n += good ? (size_t)got : 0;
	}
	close(fd);
	if (good)
		*ret = slice_of(bytes, size);
	else
		mem_free(bytes);
	return good;
}

static void site_add(
	struct site *site, struct slice path, enum encoding encoding, struct slice bytes)
{
	enum { ETAG_HASH = 18 };
	struct file *f = map_get(site->files, path);
	if (!f) {
		struct slice name = site_name(path);
		f = MEM_NEW(struct file);
		f->type = site_type(path);
		f->immutable = site_is_hashed(name);
		f->csp = site_csp(name);
		map_put(site->files, path, f);
	}
	struct hash h = crypt_sha256(bytes);
	char *etag = f->etag[encoding];
	etag[0] = etag[ETAG_SIZE - 1] = '"';
	b64_encode(slice_of(h.b, ETAG_HASH), etag + 1);
	f->bytes[encoding] = bytes;
	site->size += bytes.n;
}

static enum err site_read_file(struct site *site, const char *directory, struct slice path)
{
	struct buf full = BUF_MAX(PATH_BYTES_MAX);
	struct slice bytes;
	buf_add_text(&full, directory);
	buf_add(&full, path);
	enum err e = buf_check(&full);
	if (e == ERR_OK && !read_whole(buf_text(&full), &bytes))
		e = ERR_NOT_FOUND;
	buf_done(&full);
	TRY(e);
	enum encoding encoding = ends_with(path, br_suffix) ? BR : PLAIN;
	if (encoding == BR)
		path.n -= strlen(br_suffix);
	site_add(site, path, encoding, bytes);
	return site->size > SITE_MAX ? ERR_TOO_LARGE : ERR_OK;
}

static enum err site_read_dir(
	struct site *site, const char *directory, struct slice under, int depth);

static enum err site_read_entry(struct site *site, const char *directory, struct slice under,
	const struct dirent *entry, int depth)
{
	if (entry->d_name[0] == '.')
		return ERR_OK;
	struct buf path = BUF_MAX(PATH_BYTES_MAX);
	buf_add(&path, under);
	buf_addf(&path, "/%s", entry->d_name);
	enum err e = buf_check(&path);
	if (e == ERR_OK && entry->d_type == DT_DIR)
		e = site_read_dir(site, directory, buf_slice(&path), depth + 1);
	else if (e == ERR_OK)
		e = site_read_file(site, directory, buf_slice(&path));
	buf_done(&path);
	return e;
}

static enum err site_read_dir(
	struct site *site, const char *directory, struct slice under, int depth)
{
	struct buf full = BUF_MAX(PATH_BYTES_MAX);
	buf_add_text(&full, directory);
	buf_add(&full, under);
	DIR *dir =
		depth <= DEPTH_MAX && buf_check(&full) == ERR_OK ? opendir(buf_text(&full)) : NULL;
	buf_done(&full);
	if (!dir)
		return ERR_NOT_FOUND;
	enum err e = ERR_OK;
	const struct dirent *entry;
	while (e == ERR_OK && (entry = readdir(dir)))
		e = site_read_entry(site, directory, under, entry, depth);
	closedir(dir);
	return e;
}

enum err site_load(const char *directory, struct site **ret_site)
{
	struct site *site = MEM_NEW(struct site);
	site->files = map_new();
	enum err e = site_read_dir(site, directory, SLICE_NONE, 0);
	if (e == ERR_OK && !map_get(site->files, SLICE_LIT("/index.html")))
		e = ERR_NOT_FOUND;
	if (e != ERR_OK) {
		log_error("site_not_loaded", LOG_W("directory", directory),
			LOG_W("why", err_word(e)));
		site_free(&site);
		return e;
	}
	*ret_site = site;
	return ERR_OK;
}

static void file_free(struct file *f)
{
	for (unsigned i = 0; i < N_ENCODINGS; i++) {
		union {
			const uint8_t *in;
			void *out;
		} bytes = {.in = f->bytes[i].p};
		mem_free(bytes.out);
	}
	mem_free(f);
}

void site_free(struct site **site)
{
	struct site *s = *site;
	*site = NULL;
	if (!s)
		return;
	size_t cursor = 0;
	void *file;
	while (map_next(s->files, &cursor, NULL, &file))
		file_free(file);
	map_free(&s->files);
	mem_free(s);
}

static const struct file *site_find(const struct site *site, struct slice path)
{
	if (path.n == 0 || slice_starts(path, SLICE_LIT("/api/")) || slice_is(path, "/ws"))
		return NULL;
	const struct file *f = map_get(site->files, path);
	struct slice name = site_name(path);
	if (f || (name.n && memchr(name.p, '.', name.n)))
		return f;
	/* A page of the application: it reads the path itself. */
	return map_get(site->files, SLICE_LIT("/index.html"));
}

/* Whether the list names the word, and not with q=0. */
static bool list_has(struct slice list, const char *word)
{
	struct slice item;
	while (slice_next(&list, ',', &item)) {
		struct slice name, rest = slice_trim(item);
		if (slice_next(&rest, ';', &name) && slice_is(slice_trim(name), word))
			return !slice_is(slice_trim(rest), "q=0");
	}
	return false;
}

static enum encoding site_encoding(const struct file *f, struct slice accepted)
{
	return f->bytes[BR].p && list_has(accepted, "br") ? BR : PLAIN;
}

bool site_answer(const struct site *site, const struct http_request *request,
	struct http_response *ret, struct http_header *ret_headers)
{
	if (request->method != HTTP_GET && request->method != HTTP_HEAD)
		return false;
	const struct file *f = site_find(site, request->path);
	if (!f)
		return false;
	enum encoding e = site_encoding(f, request->accept_encoding);
	bool same = list_has(request->if_none_match, f->etag[e]);
	size_t n = 0;
	ret_headers[n++] = (struct http_header){"etag:", slice_text(f->etag[e])};
	ret_headers[n++] = (struct http_header){"vary:", SLICE_LIT("accept-encoding")};
	ret_headers[n++] = (struct http_header){
		"cache-control:", f->immutable ? SLICE_LIT("public, max-age=31536000, immutable")
					       : SLICE_LIT("no-cache")};
	if (e == BR)
		ret_headers[n++] = (struct http_header){"content-encoding:", SLICE_LIT("br")};
	*ret = (struct http_response){.status = same ? 304 : 200,
		.content_type = same ? NULL : f->type,
		.body = same ? SLICE_NONE : f->bytes[e],
		.keep_body = true,
		.csp = f->csp,
		.headers = ret_headers,
		.n_headers = n};
	return true;
}
