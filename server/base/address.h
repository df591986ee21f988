#pragma once
#include "base/slice.h"

/* Addresses of e-mail, in a narrower sense than RFC 5321: ASCII, a local part of atoms between dots
 * (no quotes, no comments), a domain name with a dot; at most 64 and 254 bytes. What passes holds
 * no character that means anything in a header, a command or a shell. */
enum { ADDRESS_MIN = 6, ADDRESS_MAX = 254 };
bool address_is_good(struct slice address);
