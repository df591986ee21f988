// Where a ZIP, or another large file, goes: into a file that the person chose, where a browser can write one as it grows; elsewhere it is kept as blobs, which a
// browser may lay aside on its disk, until the person saves it.

type Picker = (options: { suggestedName: string; types: { description: string; accept: Record<string, string[]> }[] }) => Promise<FileSystemFileHandle>;

const picker = (): Picker | undefined => (globalThis as { showSaveFilePicker?: Picker }).showSaveFilePicker;

/** Must be asked in the moment of a click. Undefined: this browser cannot, or not here. Refuses (`cancelled`) when nothing was chosen. */
export const chooseFile = async (suggestedName: string, [description, media, ending]: readonly [string, string, string] = ["ZIP", "application/zip", ".zip"]): Promise<FileSystemFileHandle | undefined> => {
	const pick = picker();
	if (!pick) return undefined;
	try {
		return await pick.call(globalThis, { suggestedName, types: [{ description, accept: { [media]: [ending] } }] });
	} catch (thrown) {
		if (thrown instanceof DOMException && thrown.name === "AbortError") throw Object.assign(new Error("cancelled"), { word: "cancelled" });
		return undefined;
	}
};

/** What was chosen and not written: an empty file of a new name goes; one that was there is as it was. */
export const forgetFile = async (file: FileSystemFileHandle | undefined): Promise<void> => {
	try {
		if (file && (await file.getFile()).size === 0) await (file as FileSystemFileHandle & { remove?: () => Promise<void> }).remove?.();
	} catch {
		// it is gone already
	}
};

const GATHER = 4 << 20; // so many bytes become a blob

export interface Gathered {
	add(bytes: Uint8Array): void;
	blob(type: string): Blob;
	drop(): void;
}

/** Blobs of some megabytes each, so that ten thousand small pieces are not held as such. */
export const gatherer = (): Gathered => {
	let parts: BlobPart[] = [];
	let loose: BlobPart[] = [];
	let size = 0;
	const pack = (): void => {
		if (loose.length > 0) parts.push(new Blob(loose));
		loose = [];
		size = 0;
	};
	return {
		add: (bytes) => {
			loose.push(bytes as Uint8Array<ArrayBuffer>);
			size += bytes.length;
			if (size >= GATHER) pack();
		},
		blob: (type) => {
			pack();
			return new Blob(parts, { type });
		},
		drop: () => {
			[parts, loose, size] = [[], [], 0];
		},
	};
};
