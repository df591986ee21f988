#pragma once

/* Kinds of organisations, as the wire has them. */
extern const char *const organisation_kinds[7];
