// What is sent and taken, by content alone; names; and pictures that say what no memory holds.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import { ACCEPT, cleanName, isAsCalled, judge, typeOf, type FileType, type Unfit } from "../../web/src/client/files-types.js";
import { pictureSize } from "../../web/src/client/files-picture.js";
import { concat, random, utf8, zeroes, type Bytes } from "../../web/src/seal/bytes.js";
import { docx, heicHead, jpegHead, odf, pdf, png, pptx, webpHead, xlsx, zip } from "./samples.js";

const latin = (text: string): Bytes => Uint8Array.from(text, (sign) => sign.charCodeAt(0));
const isoFile = (brand: string): Bytes => concat(Uint8Array.of(0, 0, 0, 24), utf8(`ftyp${brand}`), zeroes(64));

const taken: readonly (readonly [string, Bytes, string])[] = [
	["a JPEG", jpegHead(640, 480), "image/jpeg"], ["a PNG", png(2, 2), "image/png"], ["a WebP", webpHead(3, 3), "image/webp"], ["a GIF", utf8("GIF89a\u0003\u0000"), "image/gif"],
	["a HEIC", heicHead(4000, 3000), "image/heic"], ["a PDF", pdf(), "application/pdf"], ["text", utf8("Päivää!\r\n\tRivi"), "text/plain"],
	["text with a mark", utf8("\ufeffa;b\n1;2"), "text/plain"], ["text in Latin letters", latin("P\u00e4iv\u00e4\u00e4"), "text/plain"],
	["a Word file", docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
	["an Excel file", xlsx(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
	["a PowerPoint file", pptx(), "application/vnd.openxmlformats-officedocument.presentationml.presentation"],
	["an OpenDocument", odf("text"), "application/vnd.oasis.opendocument.text"], ["an OpenDocument sheet", odf("spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet"],
	["an MP3", concat(latin("ID3\u0003"), zeroes(40)), "audio/mpeg"], ["an MP3 without a tag", concat(latin("\u00ff\u00fb\u0090"), zeroes(40)), "audio/mpeg"],
	["an Ogg", concat(utf8("OggS"), zeroes(40)), "audio/ogg"], ["a WAV", concat(utf8("RIFF"), zeroes(4), utf8("WAVEfmt ")), "audio/wav"],
	["an M4A", isoFile("M4A "), "audio/mp4"], ["an MP4", isoFile("isom"), "video/mp4"], ["a film of a telephone", isoFile("qt  "), "video/quicktime"],
	["a WebM", concat(Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3), zeroes(20)), "video/webm"],
];
for (const [what, bytes, media] of taken)
	test(`takes ${what} for what it is`, async () => {
		assert.equal((await judge(new Blob([bytes]))).type?.media, media);
	});

const refused: readonly (readonly [string, Bytes, Unfit])[] = [
	["nothing", zeroes(0), "empty"], ["HTML", utf8("<!DOCTYPE html><p>"), "active"], ["HTML after white space", utf8("\ufeff \n <html>"), "active"],
	["SVG", utf8('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'), "active"], ["XML", utf8('<?xml version="1.0"?><svg/>'), "active"],
	["a script of a shell", utf8("#!/bin/sh\nrm"), "active"], ["RTF", utf8("{\\rtf1 x}"), "active"], ["text with a script in it", utf8("Hei <script>x()</script>"), "active"],
	["a PDF that is HTML too", concat(utf8("%PDF-1.4\n<html><script>x()</script>"), pdf()), "active"],
	["a PNG that is HTML too", concat(png(1, 1, undefined, [["tEXt", utf8("a\0<html><script>")]])), "active"],
	["HTML that is a PDF too", concat(utf8("<html>"), pdf()), "active"], ["a PDF after something else", concat(zeroes(8), pdf()), "not_allowed"],
	["a GIF that is a script too", utf8("GIF89a/*<svg onload=x()>*/=1"), "active"],
	["a program", concat(utf8("MZ"), random(100), zeroes(1)), "not_allowed"], ["an ELF", concat(latin("\u007fELF"), zeroes(20)), "not_allowed"],
	["an old Word file", concat(Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0), zeroes(40)), "old_office"], ["an archive", zip({ "a.txt": "x" }), "archive"],
	["an archive with a program before it", concat(utf8("MZ"), docx()), "not_allowed"], ["an archive with something after it", concat(docx(), utf8("<html>")), "archive"],
	["a Word file cut off", docx().slice(0, -4), "archive"], ["a Java archive", zip({ "META-INF/MANIFEST.MF": "", "a.class": "" }), "archive"],
	["a Word file with macros", docx({ "word/vbaProject.bin": "x" }), "macros"], ["a Word file with ActiveX", docx({ "word/activeX/activeX1.xml": "x" }), "macros"],
	["an OpenDocument with macros", odf("text", { "Basic/Standard/Module1.xml": "x" }), "macros"], ["a Word file with a page in it", docx({ "word/afchunk.html": "<html>" }), "macros"],
	["UTF-16", Uint8Array.of(0xff, 0xfe, 0x41, 0, 0x42, 0), "not_allowed"], ["text with a zero far inside", concat(utf8("a".repeat(1_048_600)), zeroes(1)), "not_allowed"],
	["bytes", concat(random(64), zeroes(4)), "not_allowed"],
];
for (const [what, bytes, word] of refused)
	test(`refuses ${what}`, async () => {
		assert.equal((await judge(new Blob([bytes]))).unfit, word);
	});

test("takes text whose letters lie across two pieces", async () => {
	assert.equal((await judge(new Blob([utf8(`${"a".repeat(1_048_575)}ä`)]))).type?.media, "text/plain");
});

test("what is received must be what it is called, and of a kind that is sent", async () => {
	assert.equal(await isAsCalled(new Blob([pdf()]), "application/pdf"), true);
	assert.equal(await isAsCalled(new Blob([pdf()]), "text/plain"), false);
	assert.equal(await isAsCalled(new Blob([utf8("<svg/>")]), "image/png"), false);
	assert.equal(await isAsCalled(new Blob([webpHead(3, 3)]), "image/webp"), false);
	assert.equal(await isAsCalled(new Blob([utf8("x")]), "text/html"), false);
});

const type = (media: string): FileType => typeOf(media) as FileType;
const names: readonly (readonly [string, string, string])[] = [
	["ansioluettelo.pdf", "application/pdf", "ansioluettelo.pdf"], ["CV.PDF", "application/pdf", "CV.PDF"], ["/etc/passwd", "text/plain", "passwd.txt"],
	["..\\..\\Käynnistys\\aja.bat", "text/plain", "aja.bat.txt"], ["cv\u202Efdp.exe", "application/pdf", "cvfdp.exe.pdf"], ["a\u0000b\u001f\u200bc.txt", "text/plain", "abc.txt"],
	["con.txt", "text/plain", "tiedosto.txt"], ["...", "image/png", "tiedosto.png"], ["", "image/jpeg", "tiedosto.jpg"], ["kuva.heic", "image/jpeg", "kuva.heic.jpg"],
	['a<b>:"|?*.pdf', "application/pdf", "a_b______.pdf"], ["a\u2028b.pdf", "application/pdf", "ab.pdf"], ["A\u030a.pdf", "application/pdf", "\u00c5.pdf"], [" .hidden.txt ", "text/plain", "hidden.txt"],
	["tyhjä  väli.txt", "text/plain", "tyhjä väli.txt"], ["report.pdf.exe", "application/pdf", "report.pdf.exe.pdf"],
];
for (const [given, media, shown] of names)
	test(`calls ${JSON.stringify(given)} ${shown}`, () => {
		assert.equal(cleanName(given, type(media), "tiedosto"), shown);
	});

test("cuts a name that is too long between letters and keeps its end", () => {
	const name = cleanName(`${"ä€😀".repeat(200)}.pdf`, type("application/pdf"), "tiedosto");
	assert.ok(utf8(name).length <= 204 && name.endsWith(".pdf") && !name.includes("\ufffd"));
	assert.equal(cleanName(name, type("application/pdf"), "tiedosto"), name);
});

test("the chooser offers what is taken", () => {
	for (const end of [".pdf", ".docx", ".odt", ".jpg", ".heic", ".mp4", ".txt"]) assert.ok(ACCEPT.split(",").includes(end));
	for (const end of [".html", ".svg", ".exe", ".zip", ".doc"]) assert.ok(!ACCEPT.split(",").includes(end));
});

test("reads the size that a picture says it has", () => {
	const size = { width: 640, height: 480 };
	assert.deepEqual(pictureSize("image/jpeg", jpegHead(640, 480)), size);
	assert.deepEqual(pictureSize("image/jpeg", jpegHead(640, 480, `Exif\0\0${"\u0011".repeat(60_000)}`)), size);
	assert.deepEqual(pictureSize("image/png", png(640, 480)), size);
	assert.deepEqual(pictureSize("image/webp", webpHead(640, 480)), size);
	assert.deepEqual(pictureSize("image/heic", heicHead(640, 480)), size);
	assert.deepEqual(pictureSize("image/gif", Uint8Array.of(...utf8("GIF89a"), 0x80, 2, 0xe0, 1)), size);
	assert.deepEqual(pictureSize("image/webp", concat(utf8("RIFF"), zeroes(4), utf8("WEBPVP8L"), zeroes(5), Uint8Array.of(0x7f, 0xc2, 0x77, 0), zeroes(9))), size);
});

test("refuses a bomb before it is decoded", () => {
	assert.equal(pictureSize("image/png", png(1, 1, { width: 60_000, height: 60_000 })), "too_large");
	assert.equal(pictureSize("image/png", png(1, 1, { width: 4_294_967_295, height: 1 })), "too_large");
	assert.equal(pictureSize("image/jpeg", jpegHead(65_535, 65_535)), "too_large");
	assert.equal(pictureSize("image/webp", webpHead(16_384, 16_384)), "too_large");
	assert.equal(pictureSize("image/heic", heicHead(30_000, 30_000)), "too_large");
	assert.equal(pictureSize("image/png", png(1, 1, { width: 0, height: 5 })), "broken");
	assert.equal(pictureSize("image/png", png(1, 1).slice(0, 20)), "broken");
	assert.equal(pictureSize("image/jpeg", jpegHead(9, 9).slice(0, 6)), "broken");
	assert.equal(pictureSize("image/jpeg", Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 8, 1, 1, 1, 1, 1, 1)), "broken");
	assert.equal(pictureSize("application/pdf", pdf()), "broken");
});
