// Which pieces of a text are links: https only, without a name before the host (a@b leads to b), and without signs that cannot be seen.

const LINK = /(https:\/\/(?![^/?#\s]*[@\\])[^\s<>"'\p{C}]*[^\s<>"'\p{C}.,:;!?)\]])/gu;

/** Text and links in turn; every second is a link. */
export const piecesOf = (text: string): string[] => text.split(LINK);
