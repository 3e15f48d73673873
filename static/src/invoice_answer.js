import { useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";

/**
 * What `method` of the shown invoice answers, asked for beside the form, which need not wait; asked again after every
 * action on the invoice.
 *
 * @returns {{resId: number|false, value: any}} `value` is false until there is an answer
 */
export function useInvoiceAnswer(method) {
    const orm = useService("orm");
    const answer = useState({ resId: false, value: false });
    /** `_sentence` changes with every action on the invoice: reading it makes the observer come back. */
    const load = async (resId, _sentence) => {
        answer.resId = resId;
        answer.value = resId ? await orm.call("account.move", method, [[resId]]) : false;
    };
    answer.reload = () => load(answer.resId);
    useRecordObserver((record) => {
        load(record.resId, record.data.dunning_explanation);
    });
    return answer;
}

export const invoiceAnswerDependencies = [{ name: "dunning_explanation", type: "char" }];
