// A QR code as one path. The library (uqr, no dependencies) is here because drawing QR codes is not ours to invent; this file is
// fetched only where a code is shown.

import { encode } from "uqr";

export const Qr = ({ text, label }: { text: string; label: string }) => {
	const { data, size } = encode(text, { ecc: "M", border: 3 });
	const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
	return (
		<svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
			<rect width={size} height={size} fill="#fff" />
			<path d={path} fill="#000" />
		</svg>
	);
};
