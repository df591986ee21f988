// The one Trusted Types policy of a realm: paths of our own workers, which build.mjs writes into the bundle, and nothing else.

interface Policy {
	createScriptURL(path: string): string;
}

interface Factory {
	createPolicy(name: string, rules: Policy): Policy;
}

const rules: Policy = {
	createScriptURL: (path) => {
		if (/^\/[a-z0-9-]+\.js$/i.test(path)) return path;
		throw new TypeError("not a worker of this site");
	},
};

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy = factory ? factory.createPolicy("app", rules) : rules;

export const startWorker = (path: string): Worker => new Worker(policy.createScriptURL(path), { type: "module" });
