package io.gridset.server.state;

import java.util.List;

/// Where members show each other their records. Nothing but what says so waits: a member alone, or
/// not yet joined, works from its own journal.
public interface RecordExchange {
  /// Offers records to all members, some time; the calling thread does not wait.
  void offer(List<StateRecord> records);

  /// Waits until what was offered before this call is in the memory of the grid, with its copies;
  /// for a few seconds at most. Afterwards it goes on being offered.
  ///
  /// @return false when it is not there yet
  default boolean awaitShared() {
    return true;
  }

  /// Returns when a change that somebody asks for may be made; for a moment it may wait.
  ///
  /// @throws io.gridset.core.control.NoQuorumException when too few members are seen from here
  default void admitChange() {}

  /// Whether this member is the one that acts on what is declared once for all members, as loads
  /// are. For moments two may be, or none.
  default boolean leads() {
    return true;
  }

  /// How records that are not for everybody's eyes reach other members.
  default Secrecy secrecy() {
    return Secrecy.ALONE;
  }

  /// What becomes of a [StateRecord#isConfidential()] record.
  enum Secrecy {
    /// There are no other members, so it stays here.
    ALONE,

    /// Others could get it only in a form that anybody reads on the way, so it stays here.
    KEPT,

    /// It is shared in a form that nobody but members opens.
    SEALED
  }

  /// Connects the one store of this member, which then gets what others offer.
  void attach(Participant participant);

  /// A member's store as the exchange sees it. Called from the exchange's own thread.
  interface Participant {
    /// Takes a record of another member; it stays if it wins over what is here.
    void receive(StateRecord record);

    /// All records to be shared, asked for whenever this member has joined others.
    List<StateRecord> shared();
  }

  /// For a node that has no other members.
  static RecordExchange alone() {
    return new RecordExchange() {
      @Override
      public void offer(List<StateRecord> records) {}

      @Override
      public void attach(Participant participant) {}
    };
  }
}
