"""The provincial day: citizens, agencies, faults and files, played against the running product through its doors."""
