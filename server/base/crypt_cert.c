/* What is read of a certificate from outside of TLS: until when it is good. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/crypt.h"

enum err crypt_certificate_until(struct slice pem, int64_t *ret_seconds)
{
	enum { DAY = 86400 };
	BIO *from = pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	X509 *first = from ? PEM_read_bio_X509(from, NULL, NULL, NULL) : NULL;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool good = first && epoch &&
		    ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(first)) == 1;
	ASN1_TIME_free(epoch);
	X509_free(first);
	BIO_free(from);
	ERR_clear_error();
	if (!good)
		return ERR_MALFORMED;
	*ret_seconds = (int64_t)days * DAY + seconds;
	return ERR_OK;
}
