LAW = "jansson only where JSON from outside is read, libfido2 only for passkeys, cjose only in keys, OpenSSL only in base/crypt, the wires only in io"

import re

PLACES = [
    (r"jansson\.h", r"^server/(core/(decode|encode|json)\w*|keys/(claims|jose)|seal/webauthn_client)\.[ch]$"),
    (r"fido(/[^>\"]*)?\.h", r"^server/seal/webauthn\.c$"),
    (r"cjose/[^>\"]*", r"^server/keys/jose\.c$"),
    (r"openssl/(ssl|err)\.h", r"^server/(io/(listen|tls)\w*|base/crypt\w*)\.[ch]$"),
    (r"openssl/(?!(ssl|err)\.h)[^>\"]*", r"^server/base/crypt\w*\.[ch]$"),
    (r"(libwebsockets|libpq-fe|uv|curl/curl|libpq/[^>\"]*)\.h", r"^server/io/\w+\.[ch]$"),
]


def check(tree):
    rows = []
    for name in tree.match(r"^server/.*\.[ch]$"):
        for number, line in tree.lines(name):
            for header, place in PLACES:
                found = re.match(rf'^\s*#\s*include\s*[<"]({header})[>"]', line)
                if found and not re.search(place, name):
                    rows.append(f"{name}:{number}: {found.group(1)} may not be included here")
    return rows


PLANTED = [
    {"server/domain/a.c": "#include <jansson.h>\n"},
    {"server/keys/claims.c": "#include <cjose/cjose.h>\n"},
    {"server/keys/jwt.c": "#include <jansson.h>\n"},
    {"server/seal/a.c": "#include <openssl/evp.h>\n"},
    {"server/seal/webauthn.c": "#include <jansson.h>\n"},
    {"server/domain/passkey.c": "#include <fido.h>\n"},
    {"server/seal/key.c": "#include <fido/es256.h>\n"},
    {"server/io/listen.c": "#include <openssl/evp.h>\n"},
    {"server/core/a.c": "#include <libpq-fe.h>\n"},
    {"server/main/a.c": "#include <uv.h>\n"},
    {"server/base/a.c": "#include <libwebsockets.h>\n"},
]
HARMLESS = {
    "server/core/decode.c": "#include <jansson.h>\n",
    "server/base/crypt_p256.c": "#include <openssl/evp.h>\n",
    "server/io/loop.c": "#include <uv.h>\n",
}
