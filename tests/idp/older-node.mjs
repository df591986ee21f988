// oidc-provider 9.13.3 calls URL.parse, which Node has since 22.1 (lib/helpers/valid_url.js); the tests run on 20.

URL.parse ??= (text, base) => {
	try {
		return new URL(text, base);
	} catch {
		return null;
	}
};
