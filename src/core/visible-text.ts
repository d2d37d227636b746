/**
 * Where joiners of no width are part of how words are written, and not a way to hide something.
 * https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters
 */
const joining = String.raw`[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}]`

const picture = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}]`

/** Uses that everybody sees: the form of a picture, pictures made of several, and joiners within words of some scripts. */
const harmless = [
  String.raw`(?<=${picture})[\uFE0E\uFE0F]`,
  String.raw`(?<=${picture}\uFE0F?)\u200D(?=\p{Extended_Pictographic})`,
  String.raw`(?<=${joining})[\u200C\u200D](?=${joining})`,
].join('|')

/**
 * Characters that nobody sees, or that change where others stand: those of no width, the controls of writing directions,
 * separators of lines and paragraphs, blanks that are no blanks, and halves of characters.
 * https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const hidden = new RegExp(
  String.raw`(?!${harmless})[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}\u2800\uFFF9-\uFFFB]`,
  'gu',
)

/** Text of others in which everything can be seen: a hidden character is named, as in `<U+202E>`. Control characters stay. */
export function visible(text: string): string {
  return text.replaceAll(hidden, nameOf)
}

/** The same for what is one line, such as a display name: control characters are named as well, ends of lines among them. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll(/\p{Cc}/gu, nameOf)
}

/**
 * JSON in which everything can be seen and nothing steers a terminal; what it says is the same.
 *
 * @param json a document without blanks but those of ASCII outside of strings, as `JSON.stringify` gives it
 */
export function visibleJson(json: string): string {
  return json.replaceAll(hidden, escaped).replaceAll(/[\u007F-\u009F]/g, escaped)
}

function nameOf(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
