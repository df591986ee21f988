// The files of the room that an answer may name.

import type { FileRef } from "../../assignment/types.js";
import type { Id } from "../../client/api.js";
import { engine } from "../engine.js";

const FILE_KIND = 5;
const MOST_NAME = 255;

const hexOf = (id: Id): string => [...atob(id.replaceAll("-", "+").replaceAll("_", "/"))].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");

const nameIn = (content: Uint8Array): string => {
	try {
		const { name } = JSON.parse(new TextDecoder().decode(content)) as { name?: unknown };
		return typeof name === "string" ? name.replace(/[\p{C}\u2028\u2029]/gu, "").slice(0, MOST_NAME) : "";
	} catch {
		return "";
	}
};

export const filesOf = async (room: Id): Promise<readonly FileRef[]> =>
	(await engine().work("items", room, [FILE_KIND])).flatMap((item) => {
		const name = item.content && !item.deleted ? nameIn(item.content) : "";
		return name ? [{ msg: hexOf(item.id), name }] : [];
	});
