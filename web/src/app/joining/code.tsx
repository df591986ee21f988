// The short code as both read it aloud: six groups of five digits.

export const CodeGroups = ({ code, label }: { code: string; label: string }) => (
	<section class="compare" aria-label={label}>
		<p>{label}</p>
		<ol class="code-groups" translate={false}>{code.split(" ").map((group, at) => <li key={at}>{group}</li>)}</ol>
	</section>
);
