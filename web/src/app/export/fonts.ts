// The fonts of the document, each fetched when it is needed.

import strong from "@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf";
import plain from "@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf";
import arabic from "@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf";
import hebrew from "@expo-google-fonts/noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf";
import thai from "@expo-google-fonts/noto-sans-thai/400Regular/NotoSansThai_400Regular.ttf";
import type { FontFile } from "../../export/worker.js";

const FILES: Readonly<Record<FontFile, string>> = { plain, strong, arabic, hebrew, thai };

/** Null: it cannot be had just now. */
export const fontBytes = async (name: FontFile, signal: AbortSignal): Promise<Uint8Array | null> => {
	try {
		const answer = await fetch(new URL(FILES[name].replace(/^\.\//, "/"), location.origin), { signal });
		return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
	} catch {
		return null;
	}
};
