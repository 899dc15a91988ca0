pub(crate) fn helper() {}
