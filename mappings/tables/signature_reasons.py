"""Sentences for the codes of ``mappings.canonical.signature``: what a person without training in certificates reads."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.canonical.signature import Changes, Coverage, Reason, Verdict

VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.VALID: ("CHỮ KÝ HỢP LỆ", "VALID"),
    Verdict.INVALID: ("CHỮ KÝ KHÔNG HỢP LỆ", "INVALID"),
    Verdict.INDETERMINATE: ("CHƯA KẾT LUẬN ĐƯỢC", "INDETERMINATE"),
    Verdict.UNSIGNED: ("KHÔNG CÓ CHỮ KÝ", "UNSIGNED"),
    Verdict.MALFORMED: ("TỆP HỎNG HOẶC SAI ĐỊNH DẠNG", "MALFORMED"),
}
"""Vietnamese, English."""

REASONS: Mapping[Reason, tuple[str, str]] = {
    Reason.CONTENT_CHANGED: (
        "Nội dung đã bị thay đổi sau khi ký.",
        "The content was changed after it was signed.",
    ),
    Reason.SIGNATURE_VALUE_WRONG: (
        "Giá trị chữ ký không khớp với chứng thư số.",
        "The signature value does not fit the certificate's key.",
    ),
    Reason.COVERAGE_UNCLEAR: (
        "Chữ ký không bao trùm trọn vẹn tài liệu.",
        "The signed bytes are neither the whole file nor a whole revision of it.",
    ),
    Reason.CHANGED_AFTER_SIGNING: (
        "Sau khi ký, tài liệu có thay đổi không được phép.",
        "Changes that are not permitted were added after signing.",
    ),
    Reason.FIELD_CONSTRAINTS: (
        "Chữ ký không theo điều kiện của ô ký.",
        "The signature breaks the conditions of its field.",
    ),
    Reason.CERTIFICATE_MISMATCH: (
        "Chứng thư số không phải chứng thư được ghi trong chữ ký.",
        "The certificate is not the one named in the signature.",
    ),
    Reason.KEY_USAGE: (
        "Chứng thư số không được cấp để ký tài liệu.",
        "The certificate is not for signing documents.",
    ),
    Reason.CHAIN_REFUSED: (
        "Chuỗi chứng thư số không hợp lệ.",
        "The chain of certificates breaks its own rules.",
    ),
    Reason.WRONG_TREE: (
        "Chứng thư số thuộc hệ thống khác: chữ ký công cộng (NEAC) và công vụ (VGCA) không thay thế nhau.",
        "The certificate belongs to the other national tree; NEAC and VGCA do not stand for each other.",
    ),
    Reason.REVOKED: (
        "Chứng thư số của người ký đã bị thu hồi.",
        "The signer's certificate has been revoked.",
    ),
    Reason.ISSUER_REVOKED: (
        "Chứng thư số của nơi cấp đã bị thu hồi.",
        "An issuing certificate has been revoked.",
    ),
    Reason.WEAK_ALGORITHM: (
        "Thuật toán hoặc độ dài khóa không còn được phép (RSA dưới 2048 bit, ECDSA dưới 256 bit, SHA-1).",
        "An algorithm or key length is not allowed (RSA below 2048 bit, ECDSA below 256 bit, SHA-1).",
    ),
    Reason.TIMESTAMP_BROKEN: (
        "Dấu thời gian không khớp với chữ ký.",
        "The time stamp does not fit the signature.",
    ),
    Reason.OTHER_ELEMENT_SIGNED: (
        "Phần được ký không phải phần dữ liệu được sử dụng.",
        "The signed element is not the one that is read.",
    ),
    Reason.AMBIGUOUS_REFERENCE: (
        "Tham chiếu của chữ ký không chỉ đúng một phần dữ liệu.",
        "A reference of the signature does not lead to exactly one element.",
    ),
    Reason.OTHER_SIGNER: (
        "Người ký không phải người được yêu cầu.",
        "Somebody else signed than the person who has to.",
    ),
    Reason.UNKNOWN_ROOT: (
        "Không tìm được chuỗi chứng thư đến gốc tin cậy. Cần bổ sung chứng thư gốc hoặc trung gian.",
        "No path to a trusted root was found. A root or an issuing certificate is missing.",
    ),
    Reason.NO_REVOCATION_DATA: (
        "Không có dữ liệu thu hồi (CRL hoặc OCSP) cho mọi cấp. Hãy kiểm tra lại khi có dữ liệu.",
        "Revocation is not known at every level. Check again with the lists (CRL) at hand.",
    ),
    Reason.STALE_REVOCATION_DATA: (
        "Dữ liệu thu hồi đã cũ. Hãy kiểm tra lại với danh sách mới.",
        "The revocation data are out of date. Check again with fresh lists.",
    ),
    Reason.EXPIRED_NO_PROOF: (
        "Chứng thư số đã hết hạn và không có dấu thời gian chứng minh ký trước khi hết hạn.",
        "The certificate has expired and no trusted time stamp proves that it was used before.",
    ),
    Reason.NOT_YET_VALID: (
        "Chứng thư số chưa có hiệu lực vào thời điểm kiểm tra.",
        "A certificate is not valid yet at the moment of the check.",
    ),
    Reason.ISSUER_EXPIRED: (
        "Chứng thư số của nơi cấp đã hết hạn.",
        "An issuing certificate has expired.",
    ),
    Reason.ROOT_OUT_OF_DATE: (
        "Chứng thư gốc không được chấp nhận cho thời điểm ký này.",
        "The root is not accepted for this time of signing.",
    ),
    Reason.TIMESTAMP_UNTRUSTED: (
        "Chưa xác minh được đơn vị cấp dấu thời gian.",
        "The time-stamping authority could not be verified.",
    ),
    Reason.NO_CERTIFICATE: (
        "Chữ ký không kèm chứng thư số của người ký.",
        "The signature does not carry the signer's certificate.",
    ),
    Reason.PART_SIGNED: (
        "Chỉ một phần tài liệu được ký. Hãy nêu rõ phần dữ liệu được sử dụng (--element).",
        "Only a part of the document is signed. Say which part is read (--element).",
    ),
    Reason.CONTENT_MISSING: (
        "Dữ liệu được ký nằm ở tệp khác. Hãy nêu tệp đó (--content).",
        "The signed data are in another file. Name it (--content).",
    ),
    Reason.ENCRYPTED: (
        "Tệp được mã hóa nên không đọc được chữ ký.",
        "The file is encrypted, so its signatures cannot be read.",
    ),
    Reason.UNSUPPORTED: (
        "Chữ ký dùng cách ký mà hệ thống không kiểm tra được.",
        "The signature uses a method that is not supported here.",
    ),
    Reason.CHECKER_FAILED: (
        "Bộ kiểm tra không chạy được. Hãy thử lại.",
        "The checker could not run. Try again.",
    ),
    Reason.CHECKER_SLOW: (
        "Máy quá tải, chưa kiểm tra xong. Hãy thử lại.",
        "The machine was too busy to finish the check. Try again.",
    ),
    Reason.UNREADABLE: (
        "Không đọc được tệp theo đúng định dạng. Hãy xin lại bản gốc.",
        "The file cannot be read by the rules of its format. Ask for the original again.",
    ),
    Reason.EMPTY: ("Tệp rỗng.", "The file is empty."),
    Reason.NOT_PDF_OR_XML: ("Tệp không phải PDF hay XML.", "The file is neither PDF nor XML."),
    Reason.DOCTYPE: (
        "Tệp XML có DOCTYPE nên bị từ chối.",
        "The XML has a DOCTYPE and is refused.",
    ),
    Reason.PROCESSING_INSTRUCTION: (
        "Tệp XML có lệnh xử lý nên bị từ chối.",
        "The XML has a processing instruction and is refused.",
    ),
    Reason.TOO_LARGE: ("Tệp quá lớn để kiểm tra.", "The file is larger than what is checked."),
    Reason.SIGNATURE_TOO_LONG: (
        "Chuỗi chữ ký dài quá mức cho phép.",
        "A signature string is longer than what is read.",
    ),
    Reason.SIGNATURE_MALFORMED: (
        "Chữ ký bị hỏng, không đọc được.",
        "The signature itself cannot be read.",
    ),
    Reason.TOO_MANY_SIGNATURES: ("Tệp có quá nhiều chữ ký.", "The file holds too many signatures."),
    Reason.TIME_LIMIT: (
        "Kiểm tra vượt quá thời gian cho phép.",
        "The check took longer than allowed.",
    ),
    Reason.MEMORY_LIMIT: (
        "Kiểm tra vượt quá bộ nhớ cho phép.",
        "The check needed more memory than allowed.",
    ),
    Reason.CHECKER_DIED: (
        "Tệp làm bộ kiểm tra dừng đột ngột.",
        "The file made the checker stop.",
    ),
    Reason.NO_SIGNATURE: ("Tệp không có chữ ký số nào.", "There is no signature in the file."),
    Reason.ONLY_TIMESTAMP: (
        "Tệp chỉ có dấu thời gian, không có chữ ký của ai.",
        "The file holds a time stamp only; nobody signed it.",
    ),
}

COVERAGES: Mapping[Coverage, tuple[str, str]] = {
    Coverage.WHOLE_FILE: ("toàn bộ tệp", "the whole file"),
    Coverage.WHOLE_REVISION: ("trọn một phiên bản trước đó của tệp", "a whole earlier revision of the file"),
    Coverage.DOCUMENT_ELEMENT: ("toàn bộ tài liệu XML", "the whole document"),
    Coverage.NAMED_ELEMENT: ("đúng phần được nêu", "the element that was named"),
    Coverage.PART: ("một phần tài liệu", "a part of the document"),
    Coverage.SEPARATE_CONTENT: ("tệp dữ liệu đi kèm", "the content that was given beside it"),
    Coverage.UNCLEAR: ("không rõ", "unclear"),
}

CHANGES: Mapping[Changes, tuple[str, str]] = {
    Changes.NONE: ("không có", "none"),
    Changes.LONG_TERM_DATA: ("dữ liệu lưu trữ lâu dài (được phép)", "long-term validation data (permitted)"),
    Changes.SIGNATURES_AND_FORMS: (
        "chữ ký khác hoặc biểu mẫu (được phép)",
        "signatures or forms (permitted)",
    ),
    Changes.ANNOTATIONS: ("ghi chú", "annotations"),
    Changes.NOT_PERMITTED: ("KHÔNG được phép", "NOT permitted"),
    Changes.UNKNOWN: ("không rõ", "unknown"),
}
