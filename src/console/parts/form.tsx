/** Forms of actions: they post without script, and with it only the main part is swapped. What was typed and what was wrong come back in place. */
import type { Child } from 'hono/jsx';
import type { PageContext } from '../page.js';

interface FormProps {
  readonly ctx: PageContext;
  /** Name of the action. */
  readonly action: string;
  /** Tells several forms of one action on a page apart. */
  readonly key_?: string;
  readonly class?: string;
  /** Answers with a file to save: the page stays, so nothing is swapped. */
  readonly saves?: boolean;
  /** Takes files. */
  readonly files?: boolean;
  readonly children?: Child;
}

export function ActionForm({ ctx, action, key_, class: className, files, saves, children }: FormProps) {
  const back = formIs(ctx, action, key_) ? ctx.form : null;
  return (
    <form
      method="post"
      action={`/lam/${action}`}
      class={className ?? 'form'}
      {...(files === true ? { enctype: 'multipart/form-data' } : {})}
      {...(saves === true ? {} : { 'hx-post': `/lam/${action}`, 'hx-target': '#main', 'hx-select': '#main', 'hx-swap': 'outerHTML' })}
    >
      <input type="hidden" name="_back" value={ctx.here} />
      {key_ === undefined ? null : <input type="hidden" name="_key" value={key_} />}
      {back !== null && !isOfField(back.fields) ? <p class="wrong" role="alert" tabindex={-1} autofocus>{ctx.t(back.words.vi, back.words.en)}</p> : null}
      {children}
    </form>
  );
}

function isOfField(fields: ReadonlyMap<string, unknown>): boolean {
  return [...fields.keys()].some((name) => name !== '');
}

function formIs(ctx: PageContext, action: string, key: string | undefined): boolean {
  return ctx.form !== null && ctx.form.action === action && ctx.form.key === (key ?? null);
}

interface FieldProps {
  readonly ctx: PageContext;
  readonly action: string;
  readonly key_?: string;
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string;
  readonly type?: 'text' | 'password' | 'number' | 'time' | 'date' | 'textarea' | 'file' | 'tel';
  readonly required?: boolean;
  readonly autocomplete?: string;
  readonly inputmode?: 'numeric' | 'text' | 'url' | 'tel';
  readonly maxlength?: number;
  readonly placeholder?: string;
  /** Makes it a list to choose from. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
}

/** Label, box, hint and the one sentence about what is wrong, tied together for screen readers. */
export function Field(props: FieldProps) {
  const { ctx, action, key_, name, label, hint, type = 'text', options } = props;
  const back = formIs(ctx, action, key_) ? ctx.form : null;
  const wrong = back?.fields.get(name) ?? null;
  const typed = back?.values[name];
  const value = type === 'password' ? '' : typeof typed === 'string' ? typed : (props.value ?? '');
  const id = `f-${action}-${key_ ?? ''}-${name}`.replace(/[^A-Za-z0-9_-]/g, (letter) => `_${letter.codePointAt(0)?.toString(36) ?? ''}`);
  // A browser never fills a file in again: what came back is said by name, or nobody notices that it has to be chosen once more.
  const lost = type === 'file' && typed instanceof File && typed.size > 0 ? typed.name.slice(0, 80) : null;
  const notes = [lost === null ? null : `${id}-lost`, hint === undefined ? null : `${id}-hint`, wrong === null ? null : `${id}-wrong`].filter((note) => note !== null).join(' ');
  const first = wrong !== null && [...(back?.fields.keys() ?? [])][0] === name;
  const common = {
    id,
    name,
    ...(notes === '' ? {} : { 'aria-describedby': notes }),
    ...(wrong === null ? {} : { 'aria-invalid': 'true' as const }),
    ...(first ? { autofocus: true } : {}),
    ...(props.required === false ? {} : { required: true }),
  };
  const box = {
    ...common,
    ...(props.autocomplete === undefined ? {} : { autocomplete: props.autocomplete }),
    ...(props.inputmode === undefined ? {} : { inputmode: props.inputmode }),
    ...(props.maxlength === undefined ? {} : { maxlength: props.maxlength }),
    ...(props.placeholder === undefined ? {} : { placeholder: props.placeholder }),
  };
  return (
    <div class={wrong === null ? 'field' : 'field is-wrong'}>
      <label for={id}>{label}</label>
      {options !== undefined ? (
        <select {...common}>
          {options.map((option) => <option value={option.value} selected={option.value === value}>{option.label}</option>)}
        </select>
      ) : type === 'textarea' ? (
        <textarea {...box} rows={4}>{value}</textarea>
      ) : (
        <input {...box} type={type} {...(type === 'file' ? {} : { value })} />
      )}
      {lost === null ? null : <p class="note" id={`${id}-lost`}>{ctx.t(`Hãy chọn lại tệp «${lost}»: trình duyệt không giữ tệp đã chọn.`, `Choose “${lost}” again: browsers do not keep a chosen file.`)}</p>}
      {hint === undefined ? null : <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {wrong === null ? null : <p class="wrong" id={`${id}-wrong`}>{ctx.t(wrong.vi, wrong.en)}</p>}
    </div>
  );
}

/** Stands in the form of every action with `proof`; shows itself only when password and code must be typed again. */
export function ProofField({ ctx, action, key_ }: { readonly ctx: PageContext; readonly action: string; readonly key_?: string }) {
  if (!ctx.proofStale) return null;
  const key = key_ === undefined ? {} : { key_ };
  return (
    <>
      <Field ctx={ctx} action={action} {...key} name="_password" type="password" autocomplete="current-password"
        label={ctx.t('Mật khẩu của thầy/cô', 'Your password')} hint={ctx.t('Việc này quan trọng nên cần xác nhận lại.', 'This matters, so confirm it is you.')} />
      {ctx.who.session?.user.totp === true ? (
        <Field ctx={ctx} action={action} {...key} name="_code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength={20} value=""
          label={ctx.t('Mã sáu số trên điện thoại', 'Six digits on your phone')} />
      ) : null}
    </>
  );
}

/** A part that is fetched again every so often where there is script; it must hold no form. Does not count as use of the session. */
export function Live({ ctx, id, seconds, children }: { readonly ctx: PageContext; readonly id: string; readonly seconds: number; readonly children?: Child }) {
  return (
    <div id={id} hx-get={ctx.here} hx-trigger={`every ${seconds}s`} hx-select={`#${id}`} hx-target={`#${id}`} hx-swap="outerHTML" hx-headers='{"X-Live":"1"}'>
      {children}
    </div>
  );
}
