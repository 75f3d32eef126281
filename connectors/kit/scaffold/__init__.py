"""Makes a connector's folder, test and page from a contract. Used by ``lienthong connector new``; the product never imports it."""
