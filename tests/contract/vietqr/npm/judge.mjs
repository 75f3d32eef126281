// Asks the npm package `vietnam-qr-pay` for its opinion: a JSON list of questions on standard input, answers on output.
import judged from 'vietnam-qr-pay';

const { QRPay } = judged;

const answers = {
    // Its QR text for the same facts.
    build: (question) => QRPay.initVietQR(question.facts).build(),
    // What it reads in a text.
    read: (question) => {
        const qr = new QRPay(question.text);
        return {
            valid: qr.isValid, method: qr.initMethod, bin: qr.consumer.bankBin, account: qr.consumer.bankNumber,
            service: qr.provider.service, amount: qr.amount, purpose: qr.additionalData.purpose, crc: qr.crc,
        };
    },
};

let input = '';
for await (const piece of process.stdin) input += piece;
const found = [];
for (const question of JSON.parse(input)) {
    try {
        found.push({ answer: answers[question.ask](question) });
    } catch (error) {
        found.push({ error: String(error) });
    }
}
process.stdout.write(JSON.stringify(found));
