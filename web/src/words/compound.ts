// 2,048 words without a dictionary: each of 64 beginnings with each of 32 endings, written for this purpose. A compound is easy to
// read, say and type, and the count is what it says: 11 bits a word, no more.

export const compounds = (beginnings: string, endings: string): readonly string[] => {
	const ends = endings.trim().split(/\s+/);
	return beginnings.trim().split(/\s+/).flatMap((begin) => ends.map((end) => begin + end));
};
