/** Who can tell what there was to see when a step failed: functions of its name. */
export const witnesses: ((name: string) => Promise<string>)[];
/** A story's own `test`: const test = story(). Once a step has failed the others fail at once and say which it was. */
export function story(): (name: string, act: () => unknown) => void;
/** As node:test's; when it fails, what there was to see is told too. */
export function before(act: () => Promise<void>): void;
