// Asks the npm package `vnpay` for its opinion: a JSON list of questions on standard input, a list of answers on output.
import {
    IpnFailChecksum, IpnInvalidAmount, IpnOrderNotFound, IpnSuccess, IpnUnknownError, InpOrderAlreadyConfirmed,
    VNPay, ignoreLogger,
} from 'vnpay';
import { buildPaymentUrlSearchParams, calculateSecureHash } from 'vnpay/utils';

const answers = {
    // Its payment address for the same facts.
    url: (vnpay, question) => vnpay.buildPaymentUrl(question.data),
    // Its opinion of a notice or a return address.
    verify: (vnpay, question) => vnpay.verifyIpnCall(question.query),
    // A notice as it would sign it.
    sign: (_, question) => {
        const text = buildPaymentUrlSearchParams(question.data).toString();
        const hash = calculateSecureHash({
            secureSecret: question.config.secureSecret, data: text, hashAlgorithm: 'SHA512', bufferEncode: 'utf-8',
        });
        return `${text}&vnp_SecureHash=${hash}`;
    },
    query: (vnpay, question) => vnpay.queryDr(question.data),
    refund: (vnpay, question) => vnpay.refund(question.data),
    words: () => [
        IpnSuccess, IpnOrderNotFound, InpOrderAlreadyConfirmed, IpnInvalidAmount, IpnFailChecksum, IpnUnknownError,
    ],
};

let input = '';
for await (const piece of process.stdin) input += piece;
const found = [];
for (const question of JSON.parse(input)) {
    const vnpay = new VNPay({ ...question.config, enableLog: false, loggerFn: ignoreLogger });
    try {
        found.push({ answer: await answers[question.ask](vnpay, question) });
    } catch (error) {
        found.push({ error: String(error) });
    }
}
process.stdout.write(JSON.stringify(found));
