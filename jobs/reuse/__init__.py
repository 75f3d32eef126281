"""What the state already holds about an applicant is fetched, so that nobody hands it in again; every look has its purpose."""
