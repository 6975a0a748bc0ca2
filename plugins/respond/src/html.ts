import type { ReadTemplate } from '@postern/kit';

/** Why a value cannot stand where it stands. */
export interface UnsafePlace {
  readonly message: string;
  readonly fix: string;
}

/** Elements whose content is no text: escapes mean nothing there. */
const RAW = /^(?:script|style|iframe|xmp|noembed|noframes|noscript|plaintext|object|embed)$/;
/** Attributes that are code, or lead to other places. */
const ACTIVE =
  /^(?:on.*|style|srcdoc|href|xlink:href|src|srcset|action|formaction|data|content|background|poster|ping)$/;

/**
 * Looks where in a page the values of a template stand. Escaped they are safe in the text of elements and in quoted attributes;
 * not in scripts and styles, outside of quotes, or in attributes that are code or links. Pure.
 */
export function unsafePlaces(template: ReadTemplate): readonly UnsafePlace[] {
  const place = new Place();
  const found: UnsafePlace[] = [];
  for (const part of template.parts) {
    if (part.kind === 'literal') place.read(part.text);
    else {
      const where = place.unsafe();
      if (where !== undefined) found.push({ message: `{{ ${part.expression} }} stands ${where}`, fix: FIX });
    }
  }
  return found;
}

const FIX = 'let values stand in the text of an element, or in a quoted attribute that is no code and no link';

/** Where in a page a reader stands. A class because it goes on from literal to literal. */
class Place {
  /** The element whose raw content it is in. */
  #raw = '';
  /** `''` between tags; else what was read of a tag so far. */
  #tag = '';
  #quote = '';
  #comment = false;

  read(text: string): void {
    for (let at = 0; at < text.length; at += 1) {
      if (this.#comment) {
        const end = text.indexOf('-->', at);
        if (end < 0) return;
        at = end + 2;
        this.#comment = false;
      } else if (this.#tag === '') at = this.#betweenTags(text, at);
      else this.#insideTag(text.charAt(at));
    }
  }

  #betweenTags(text: string, at: number): number {
    if (text.charAt(at) !== '<') return at;
    if (this.#raw !== '') {
      const ends = text.slice(at + 2, at + 2 + this.#raw.length).toLowerCase() === this.#raw;
      if (text.charAt(at + 1) === '/' && ends) {
        this.#raw = '';
        this.#tag = '<';
      }
      return at;
    }
    if (text.startsWith('<!--', at)) {
      this.#comment = true;
      return at + 3;
    }
    if (/[a-z/!?]/i.test(text.charAt(at + 1)) || at + 1 === text.length) this.#tag = '<';
    return at;
  }

  #insideTag(character: string): void {
    if (this.#quote !== '') {
      if (character === this.#quote) this.#quote = '';
    } else if (character === '>') {
      const name = /^<([a-z0-9]+)/i.exec(this.#tag)?.[1]?.toLowerCase() ?? '';
      if (RAW.test(name)) this.#raw = name;
      this.#tag = '';
      return;
    } else if ((character === '"' || character === "'") && /=\s*$/.test(this.#tag)) this.#quote = character;
    this.#tag += character;
  }

  /** Why a value cannot stand here; undefined where it can. */
  unsafe(): string | undefined {
    if (this.#raw !== '') return `inside <${this.#raw}>`;
    if (this.#comment) return 'inside a comment';
    if (this.#tag === '') return undefined;
    if (this.#quote === '') return 'inside a tag, outside of quotes';
    const attribute = this.#attribute();
    return ACTIVE.test(attribute) ? `in the attribute ${attribute}` : undefined;
  }

  #attribute(): string {
    const start = this.#tag.lastIndexOf(this.#quote);
    const before = this.#tag.slice(0, start);
    return /([^\s"'<>/=]+)\s*=\s*$/.exec(before)?.[1]?.toLowerCase() ?? '';
  }
}
