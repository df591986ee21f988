// Suomi.fi design tokens as CSS variables, those that the styles use: --fi-color-*, --fi-space-*, --fi-radius-*.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const kebab = (name) => name.replace(/([a-z])([A-Z0-9])/g, "$1-$2").toLowerCase();

export function tokens(web) {
	const { suomifiDesignTokens: all } = createRequire(join(web, "package.json"))("suomifi-design-tokens");
	const styles = join(web, "src", "app", "styles");
	const used = readdirSync(styles).map((name) => readFileSync(join(styles, name), "utf8")).join("\n");
	const lines = [
		...Object.entries(all.colors).map(([name, value]) => `--fi-color-${kebab(name)}: ${value};`),
		...Object.entries(all.spacing).map(([name, value]) => `--fi-space-${kebab(name)}: ${value};`),
		...Object.entries(all.radiuses).map(([name, value]) => `--fi-radius-${kebab(name)}: ${value};`),
	].filter((line) => used.includes(`var(${line.split(":")[0]})`));
	return `:root {\n\t${lines.join("\n\t")}\n}\n`;
}
