// Four words drawn evenly from 2,048: 44 bits, before Argon2id makes each guess dear.

const WORDS = 4;

/** An even draw: 2^16 is a multiple of 2,048, so no word is likelier than another. */
export const draw = (words: readonly string[], random: Uint16Array): string => [...random].map((n) => words[n % words.length]).join(" ");

export const suggest = async (load: () => Promise<readonly string[]>): Promise<string> => {
	const words = await load();
	if (words.length !== 2_048) throw new Error("a word list has 2,048 words");
	return draw(words, crypto.getRandomValues(new Uint16Array(WORDS)));
};
