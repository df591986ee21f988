// Suomi.fi design tokens as CSS variables: --fi-color-*, --fi-space-*, --fi-radius-*.
import { createRequire } from "node:module";
import { join } from "node:path";

const kebab = (name) => name.replace(/([a-z])([A-Z0-9])/g, "$1-$2").toLowerCase();

export function tokens(web) {
	const { suomifiDesignTokens: all } = createRequire(join(web, "package.json"))("suomifi-design-tokens");
	const lines = [
		...Object.entries(all.colors).map(([name, value]) => `--fi-color-${kebab(name)}: ${value};`),
		...Object.entries(all.spacing).map(([name, value]) => `--fi-space-${kebab(name)}: ${value};`),
		...Object.entries(all.radiuses).map(([name, value]) => `--fi-radius-${kebab(name)}: ${value};`),
	];
	return `:root {\n\t${lines.join("\n\t")}\n}\n`;
}
