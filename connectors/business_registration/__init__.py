"""The national business register (CSDL quốc gia về đăng ký doanh nghiệp): enterprises, cooperatives, household businesses, lists."""
