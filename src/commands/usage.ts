/**
 * Commander's complaints in our own words, one sentence in the language asked for.
 * Commander keeps the names it complains of in the text only, between quotes; the code says which complaint it is.
 */
import type { CommanderError } from 'commander';

type Words = (names: readonly string[], text: string) => readonly [vi: string, en: string];

const WORDS: Readonly<Record<string, Words>> = {
  'commander.unknownOption': ([flag], text) => [`Không có tùy chọn ${flag ?? ''}${meant(text, 'vi')}.`, `There is no option ${flag ?? ''}${meant(text, 'en')}.`],
  'commander.unknownCommand': ([name], text) => [`Không có lệnh «${name ?? ''}»${meant(text, 'vi')}.`, `There is no command "${name ?? ''}"${meant(text, 'en')}.`],
  'commander.missingArgument': ([name]) => [`Thiếu <${name ?? ''}>.`, `<${name ?? ''}> is missing.`],
  'commander.optionMissingArgument': ([flags]) => [`Tùy chọn ${flags ?? ''} thiếu giá trị.`, `Option ${flags ?? ''} needs a value.`],
  'commander.missingMandatoryOptionValue': ([flags]) => [`Thiếu tùy chọn bắt buộc ${flags ?? ''}.`, `Option ${flags ?? ''} is required.`],
  'commander.excessArguments': (_names, text) => {
    const extra = /: (.*)\.$/s.exec(text)?.[1] ?? '';
    return [`Thừa: ${extra}.`, `Not expected: ${extra}.`];
  },
  'commander.invalidArgument': ([flags, value], text) => {
    const choices = /Allowed choices are (.*?)\.$/s.exec(text)?.[1];
    if (choices === undefined) return [`Giá trị «${value ?? ''}» của ${flags ?? ''} không dùng được.`, `"${value ?? ''}" can't be used for ${flags ?? ''}.`];
    return [`${flags ?? ''} không nhận «${value ?? ''}»; các giá trị: ${choices}.`, `${flags ?? ''} does not take "${value ?? ''}"; values: ${choices}.`];
  },
};

function meant(text: string, lang: 'vi' | 'en'): string {
  const name = /\(Did you mean (?:one of )?([^?]*)\?\)/.exec(text)?.[1];
  if (name === undefined) return '';
  return lang === 'vi' ? `; có phải là ${name}?` : `; did you mean ${name}?`;
}

/** The sentence for a complaint, or null where commander showed what was asked for (help, version) and there is nothing to say. */
export function usageSentence(error: CommanderError, lang: 'vi' | 'en'): string | null {
  if (!error.message.startsWith('error: ')) return null;
  const text = error.message.slice('error: '.length);
  const names = [...text.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? '');
  const words = WORDS[error.code]?.(names, text) ?? [text, text];
  return words[lang === 'vi' ? 0 : 1].replace(/\s*[\r\n]+\s*/g, ' ').replace(/\?\.$/, '?');
}
