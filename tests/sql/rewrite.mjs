// SQL as a careless hand might have written it: its conditions about the organisation left out. PostgreSQL's own parser
// (libpg_query) reads and writes it, so that nothing is missed or hit by chance.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './lib.mjs';

const require = createRequire(join(root, 'web', 'package.json'));
const parser = require('@libpg-query/parser');
const { Deparser } = require('pgsql-deparser'); // the parser's own deparser turns true into false
await parser.loadModule();

const always = { A_Const: { boolval: { boolval: true } } };
const isOrg = (name) => /^(\w+_)?org$/.test(name ?? '');

// Whether an expression compares organisations, itself and not in a query within it.
function isAboutOrg(node) {
	if (Array.isArray(node)) return node.some(isAboutOrg);
	if (node === null || typeof node !== 'object') return false;
	return Object.entries(node).some(([kind, inner]) => {
		if (kind === 'ColumnRef') return isOrg(inner.fields.at(-1).String?.sval);
		if (kind === 'FuncCall' && inner.funcname.at(-1).String.sval === 'luotsi_org') return true;
		return kind !== 'subselect' && isAboutOrg(inner);
	});
}

// A condition without its parts that are about the organisation; with `all` nothing is left of it.
function weaken(condition, found, all) {
	const bool = condition.BoolExpr;
	if (!all && bool && bool.boolop !== 'NOT_EXPR') return { BoolExpr: { ...bool, args: bool.args.map((one) => weaken(one, found)) } };
	if (!all && !isAboutOrg(condition)) return condition;
	found.n++;
	return always;
}

function joinWeakened(join, found) {
	const columns = join.usingClause.filter((one) => !isOrg(one.String.sval));
	found.n += join.usingClause.length - columns.length;
	if (columns.length) return { ...join, usingClause: columns };
	const { usingClause: _, ...rest } = join;
	return { ...rest, quals: always };
}

function walk(node, found, all) {
	if (Array.isArray(node)) return node.map((one) => walk(one, found, all));
	if (node === null || typeof node !== 'object') return node;
	const seen = Object.fromEntries(Object.entries(node).map(([key, inner]) => {
		if (key === 'infer') return [key, inner]; // names an index, chooses no rows
		const walked = walk(inner, found, all);
		return [key, key === 'whereClause' || key === 'quals' ? weaken(walked, found, all) : walked];
	}));
	return seen.usingClause && seen.larg ? joinWeakened(seen, found) : seen;
}

const places = new Set(['location', 'stmt_location', 'stmt_len', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end']);
const shape = (tree) => JSON.stringify(tree, (key, value) => (places.has(key) ? undefined : value));

// Read again it must be the same: what is written wrongly would try something else.
function deparse(tree) {
	const sql = Deparser.deparse(tree);
	if (shape(parser.parseSync(sql)) !== shape(tree)) throw new Error(`written as something else: ${sql}`);
	return sql;
}

// The statement, and how many conditions are gone.
export function without(sql, all = false) {
	const found = { n: 0 };
	const tree = walk(parser.parseSync(sql), found, all);
	return found.n ? { sql: deparse(tree), n: found.n } : { sql, n: 0 };
}

function expressions(node) {
	if (Array.isArray(node)) return node.flatMap(expressions);
	if (node === null || typeof node !== 'object') return [];
	return [...(node.PLpgSQL_expr ? [node.PLpgSQL_expr] : []), ...Object.values(node).flatMap(expressions)];
}

// PL/pgSQL hands its SQL over with INTO and its targets blanked, and PERFORM as SELECT: otherwise character by character.
const isThere = (source, text, at) => {
	for (let i = 0; i < text.length; i++) if (source[at + i] !== text[i] && text[i] !== ' ') return false;
	return true;
};

function place(source, query, taken) {
	for (const text of [query, query.replace(/^SELECT/, 'PERFORM')])
		for (let at = source.indexOf(text[0]); at >= 0; at = source.indexOf(text[0], at + 1))
			if (!taken.has(at) && isThere(source, text, at)) return { at, text };
	throw new Error(`not found in its function: ${query}`);
}

// Its SQL alone, with what stands before it in an expression or an assignment (parse modes of PostgreSQL's raw parser).
function bare({ query, parseMode }) {
	if (parseMode === 0) return ['', query];
	if (parseMode === 2) return ['', `SELECT ${query}`];
	const target = /^[^=]*?:?=/.exec(query)[0];
	return [target + ' ', `SELECT ${query.slice(target.length)}`];
}

function written(old, text, parseMode, sql) {
	if (parseMode !== 0) return `(${sql.replace(/^SELECT\s+/, '')})`; // a THEN of a CASE is one of IF outside parentheses
	if (text.startsWith('PERFORM')) return sql.replace(/^SELECT/, 'PERFORM');
	const differs = [...old].map((c, i) => c !== text[i]);
	return differs.includes(true) ? `${sql} ${old.slice(differs.indexOf(true), differs.lastIndexOf(true) + 1)}` : sql;
}

function procedureWithout(definition) {
	const taken = new Set(), edits = [];
	let n = 0;
	for (const expression of expressions(parser.parsePlPgSQLSync(definition))) {
		const { at, text } = place(definition, expression.query, taken);
		taken.add(at);
		const [target, sql] = bare(expression), weak = without(sql), end = at + text.length;
		n += weak.n;
		if (weak.n) edits.push({ at, end, sql: target + written(definition.slice(at, end), text, expression.parseMode, weak.sql) });
	}
	edits.sort((a, b) => b.at - a.at);
	return { n, sql: edits.reduce((text, e) => text.slice(0, e.at) + e.sql + text.slice(e.end), definition) };
}

// A function's definition (pg_get_functiondef) without them; body: what is between its quotes, '' if it has none.
export function functionWithout(definition, language, body) {
	if (language === 'plpgsql') return procedureWithout(definition);
	if (!body) return without(definition);
	const weak = without(body);
	return { n: weak.n, sql: definition.replace(body, () => weak.sql) };
}
