// Two texts of one person that must both stay. Without imports: the page uses it too.

export const joinDrafts = (ours: string, theirs: string): string => {
	if (theirs === "" || ours.includes(theirs)) return ours;
	return ours === "" || theirs.includes(ours) ? theirs : `${ours}\n\n${theirs}`;
};

/** What was refused, before what was typed while it was on its way. */
export const putBack = (refused: string, since: string): string => (since === "" ? refused : `${refused}\n\n${since}`);
