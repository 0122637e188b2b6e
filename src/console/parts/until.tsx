/** "Đến khi nào": end of the period, of the session, minutes, or a time; the first that makes sense now is chosen already. */
import type { PageContext } from '../page.js';
import { Field } from './form.js';

interface UntilProps {
  readonly ctx: PageContext;
  readonly action: string;
  readonly key_?: string;
  /** Room whose bells ring. */
  readonly room: string;
  /** Minutes offered; the first stands first where they are short on purpose. */
  readonly minutes?: readonly number[];
  /** A pause is meant in minutes, whatever the bells say. */
  readonly minutesFirst?: boolean;
}

export function UntilFields({ ctx, action, key_, room, minutes = [45, 90], minutesFirst = false }: UntilProps) {
  const { t, format } = ctx;
  const { period, session } = ctx.env.bells(room, ctx.nowMs);
  const bells = [
    ...(period === null ? [] : [{ value: 'period', label: t(`Hết ${period.name.vi} (${format.time(period.untilMs)})`, `End of ${period.name.en} (${format.time(period.untilMs)})`) }]),
    ...(session === null ? [] : [{ value: 'session', label: t(`Hết ${session.name.vi} (${format.time(session.untilMs)})`, `End of ${session.name.en} (${format.time(session.untilMs)})`) }]),
  ];
  const spans = minutes.map((n) => ({ value: String(n), label: t(`${n} phút`, `${n} minutes`) }));
  const ends = [...(minutesFirst ? [...spans, ...bells] : [...bells, ...spans]), { value: 'clock', label: t('Đến giờ …', 'Until a time …') }];
  const common = { ctx, action, ...(key_ === undefined ? {} : { key_ }) };
  return (
    <>
      <Field {...common} name="until" label={t('Đến khi nào', 'Until')} value={ends[0]?.value ?? '45'} options={ends} />
      <Field {...common} name="clock" type="time" required={false} label={t('Giờ kết thúc', 'End time')} />
    </>
  );
}
